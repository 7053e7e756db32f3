/**
 * Runs in a page from its beginning, and notes in `seen` when what a customer waits for is there, in milliseconds from the navigation, frame
 * by frame. With `press` the button is pressed as soon as it is there.
 */
export function watch(press) {
  const seen = (globalThis.seen = {});
  const root = () => {
    const element = document.querySelector("kvitt-checkout, kvitt-confirmation, vanilla-checkout, vanilla-confirmation");
    return element ? element.shadowRoot : document.querySelector("#checkout");
  };
  const visible = (element) => element?.offsetHeight > 0;
  const looks = {
    button: (root) => visible(root.querySelector("button")),
    start: (root) => visible(root.querySelector("input[type=checkbox]")),
    done: (root) => root.textContent.includes("Thank you for your order"),
  };
  globalThis.presses = () => {
    seen.press = performance.now();
    root().querySelector("button").click();
  };
  const frame = () => {
    const place = document.body && root();
    for (const [what, look] of Object.entries(looks)) {
      if (place && !seen[what] && look(place)) {
        seen[what] = performance.now();
        if (what === "button" && press) globalThis.presses();
      }
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
