import "@x/threading/worker";
import "./tasks.js";
