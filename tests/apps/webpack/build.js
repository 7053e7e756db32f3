const { copyFileSync } = require("node:fs");
const webpack = require("webpack");

webpack(require("./webpack.config.js"), (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
  for (const page of ["index.html", "thanks.html"]) copyFileSync(page, `target/${page}`);
});
