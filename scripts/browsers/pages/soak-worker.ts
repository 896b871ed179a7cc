/** The file that the threads of soak-page.ts run. */
import "@x/threading/worker";
import "./soak.js";
