import { readmeTests } from "@x/testkit";

readmeTests(new URL("../README.md", import.meta.url));
readmeTests(new URL("../../../docs/pools.md", import.meta.url));
