/** What the pool of workerpool runs. */
import { worker } from "workerpool";

worker({ nothing: () => undefined });
