import { readmeTests } from "@x/testkit";

readmeTests(new URL("../README.md", import.meta.url));
