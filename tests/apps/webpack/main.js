import "kvitt/define";

addEventListener("kvitt-state", ({ detail }) => {
  const output = document.querySelector("output");
  if (output) output.value = detail.state;
});
