/** The core journeys in firefox. */
import { journeys } from "./engines/journeys.mjs";

journeys("firefox");
