/** The core journeys in chromium. */
import { journeys } from "./engines/journeys.mjs";

journeys("chromium");
