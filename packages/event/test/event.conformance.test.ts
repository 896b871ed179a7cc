import { eventTests, watchdog } from "@x/testkit";
import { Event } from "@x/event";
import { describe } from "vitest";

watchdog();

describe("Event", () => eventTests(() => new Event()));
