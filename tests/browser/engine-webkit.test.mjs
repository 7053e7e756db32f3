/** The core journeys in webkit. */
import { journeys } from "./engines/journeys.mjs";

journeys("webkit");
