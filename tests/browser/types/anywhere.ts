// The elements are typed wherever the package is imported, also where only their registration is.
import "kvitt/define";

document.querySelector("kvitt-checkout")?.addEventListener("kvitt-state", ({ detail }) => console.log(detail.state, detail.reference));
