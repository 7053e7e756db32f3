const { resolve } = require("node:path");

module.exports = { mode: "production", entry: "./main.js", output: { path: resolve(__dirname, "target"), filename: "main.js", clean: true } };
