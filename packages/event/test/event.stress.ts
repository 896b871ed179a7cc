import { eventStress, watchdog } from "@x/testkit";
import { Event } from "@x/event";

watchdog();

eventStress("Event", () => new Event());
