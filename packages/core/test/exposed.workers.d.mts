import type { ThreadError } from "@x/core";
export function square(x: number): number;
export class Point {
  constructor(x: unknown, y: unknown);
  x: unknown;
  y: unknown;
  static made: number;
  get length(): number;
}
export class Point3 extends Point {
  z: number;
}
export class Secret {}
export class Inheriting extends Secret {}
export class PrivateMethod {}
export class Innocent {}
export class AppError extends Error {
  code: string;
  static made: number;
  get isApp(): boolean;
}
export class LoudError extends ThreadError {}
