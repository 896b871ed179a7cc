// Adds up what every vitest run wrote to .results, and says it in one line. Fails if a test failed or none ran.
import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../.results/", import.meta.url);
let passed = 0;
let failed = 0;
try {
  for (const name of readdirSync(folder)) {
    const result = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    passed += result.numPassedTests;
    failed += result.numFailedTests;
  }
} catch (error) {
  console.error("no results of tests could be read:", error);
  process.exitCode = 1;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
