/** The time of day, to the millisecond. */
export function now(): string {
  return new Date().toLocaleTimeString("en-GB", {
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
    fractionalSecondDigits: 3,
  });
}

/** Formats milliseconds as seconds. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
