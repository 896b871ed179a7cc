/** What the agents of a process share besides their ports: words in several regions of memory, and the messages that were ever sent. */
import { REGION_WORDS } from "./protocol.js";

export class Environment {
  private readonly wordByPlace = new Map<number, number>();
  private readonly mailByText = new Map<string, number>();
  private readonly texts: string[] = [];
  /** The ports that each message hands over. */
  private readonly ports: (readonly number[])[] = [];

  /**
   * @param names of the words, in their order; grows with each one that is met
   * @param nameOf names a word of a region
   */
  constructor(
    private readonly names: string[] = [],
    private readonly nameOf: (region: number, index: number) => string = () => "",
  ) {}

  /** The number of the word that an agent calls so. */
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
