/** Takes the role of a worker whose file has been evaluated. */
import { first } from "./first.js";

first.takeRole(true);
