/** The entry point for a script tag: registers the elements. The file's name never changes. */
import { register } from "./index.js";

register();
