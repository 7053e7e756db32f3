/** Registers both elements. Their types are global from here, too. */
import "./index.js";
