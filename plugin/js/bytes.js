/** The WebAssembly as a script, for `npm.js`. The build resolves the name `kvitt-wasm`, and esbuild writes the bytes. */
export { default } from "kvitt-wasm";
