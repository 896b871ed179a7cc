/** The task of workerpool's pool. */
import { worker } from "workerpool";

worker({ nothing: () => undefined });
