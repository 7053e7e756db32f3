/** Registers the two elements: apart from the classes, so that importing those has no effect on the page or the server. */
import { register } from "./index.js";

register();
