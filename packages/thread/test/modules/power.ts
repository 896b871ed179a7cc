export class Power {
  constructor(private readonly exponent: number) {}
  of(x: number): number {
    return x ** this.exponent;
  }
}
