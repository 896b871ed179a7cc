/** The memory and messages of a process's agents: words in several regions, and every message ever sent. */
import { REGION_WORDS } from "./protocol.js";

export class Environment {
  private readonly wordByPlace = new Map<number, number>();
  private readonly mailByText = new Map<string, number>();
  private readonly texts: string[] = [];
  /** The ports inside each message. */
  private readonly ports: (readonly number[])[] = [];

  /**
   * @param names the names of the words, in their order. Grows with each new word.
   * @param nameOf names a word of a region
   */
  constructor(
    private readonly names: string[] = [],
    private readonly nameOf: (region: number, index: number) => string = () => "",
  ) {}

  /** The number of the word at an agent's `place`. */
  wordAt(place: number): number {
    if (place < REGION_WORDS) return place;
    let word = this.wordByPlace.get(place);
    if (word === undefined) {
      word = this.names.push(this.nameOf(Math.floor(place / REGION_WORDS), place % REGION_WORDS)) - 1;
      this.wordByPlace.set(place, word);
    }
    return word;
  }

  /** The number of a message. */
  mail(text: string): number {
    let mail = this.mailByText.get(text);
    if (mail === undefined) {
      mail = this.texts.push(text) - 1;
      this.mailByText.set(text, mail);
      this.ports.push([...text.matchAll(/\{"\$":"port","of":(\d+)\}/g)].map(([, port]) => Number(port)));
    }
    return mail;
  }

  textOf(mail: number): string {
    return this.texts[mail]!;
  }

  portsIn(mail: number): readonly number[] {
    return this.ports[mail]!;
  }

  mailsFrom(first: number): (readonly [number: number, text: string])[] {
    return this.texts.slice(first).map((text, index) => [first + index, text]);
  }
}
