import { Thread } from "@x/thread";

type Told = [daemon: boolean, name: string];

export class Background extends Thread<Told> {}
export class Named extends Thread<Told> {
  kept: number;
}
export class Declared extends Thread<Told> {}
export class Overriding extends Thread<Told> {}
export class Undecided extends Thread {}
export class Numbered extends Thread {}
export class Native extends Thread {}
export class Totalling extends Thread<number> {
  total: number;
}
