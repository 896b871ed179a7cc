/** The file that threads run: the library first, then each module that exposes something to threads. */
import "@x/threading/worker";
import "@x/examples/car-park/camera";
import "@x/examples/car-park/frame-queue";
import "@x/examples/car-park/park";
import "./guest.js";
import "./messages.js";
import "./rows.js";
import "./trace.js";
