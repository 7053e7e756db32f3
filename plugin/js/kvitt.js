/** The script tag's entry: the elements, registered, in one file with a name that never changes. */
import { register } from "./index.js";

register();
