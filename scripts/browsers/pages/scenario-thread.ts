/** The file that the threads of scenario.ts run. */
import "@x/threading/worker";
import "./asleep.js";
