export { Event } from "./event.js";
