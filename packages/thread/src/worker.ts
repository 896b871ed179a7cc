/** Takes the role of a worker after the evaluation of its file. */
import { first } from "./first.js";

first.takeRole(true);
