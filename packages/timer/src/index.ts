export { Timer } from "./timer.js";
