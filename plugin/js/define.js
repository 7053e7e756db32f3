/** Registers the two elements. The classes are in another file, so importing them has no side effect. */
import { register } from "./index.js";

register();
