// Adds up what every vitest run wrote to .results, and says it in one line. Fails if a test failed or none ran.
import { existsSync, readFileSync, readdirSync } from "node:fs";

const folder = new URL("../.results/", import.meta.url);
let passed = 0;
let failed = 0;
const results = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
for (const name of results) {
  const result = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
