/** The file that the first thread runs. */
import "@x/threading/worker";
import "./starts-tasks.js";
