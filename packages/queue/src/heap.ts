/**
 * Items in the order of their keys. The index is a binary heap: no item stands before the item at
 * half its place. All places behind the last item hold NO_BLOCK.
 *
 * Words of an item's block, behind the head
 *   NUMBER  PUTS at the put of the item: items with the same key come out in the order of their puts
 *   UNITS   the length of the key, and then its words; see key.ts
 * Words of the queue
 *   KEYS    the kind of all keys, while there are items
 *   HAND    the block that `repair` is about to move; NO_BLOCK at other times
 *
 * Invariant: the items of the queue are the blocks that the index and HAND name, each once. A put moves
 * items down by stores of which each names an item twice, until the last store names the new item
 * instead. A get likewise moves items up, and its first store takes the first item out:
 *
 *     put 1 into [2, 4, 3]:  [2, 4, 3, 4]  [2, 2, 3, 4]  [1, 2, 3, 4]
 *     get of     [1, 2, 3, 4]:  [2, 2, 3, 4]  [2, 4, 3, 4]  [2, 4, 3]
 *
 * So after the death of an owner the index names all items, and may name one item twice; PUTS or GETS
 * may lack one. `repair` counts, and orders the items again. It may die, too: it moves a block only
 * after it has stored it in HAND.
 */
import { NO_BLOCK } from "@x/core/internal";
import { type Encoded, hasNames, hasParcel, type Taken, whyUnreadableItem } from "./item.js";
import { GETS, HAND, INDEX, Items, KEYS, ONLY_COPIED, PUTS } from "./items.js";
import { type Key, KIND_NAMES, wordsOfKey } from "./key.js";

const NUMBER = 1;
const UNITS = 2;
const KEY = 3;
/** The words between the head and the bytes, without those of the key. */
const MORE = 2;

export class Heap extends Items {
  override put(item: Encoded): Error | undefined {
    const { words, at, size } = this;
    const key = item.key!;
    if (size > 0 && words[at + KEYS] !== key.kind) return otherKeys(key, words[at + KEYS]!);
    const index = this.indexFor(size + 1);
    const stored = index === NO_BLOCK ? NO_BLOCK : this.blockOf(item, MORE + key.words.length);
    if (stored === NO_BLOCK) return this.noMemory();
    const blocks = this.store.words;
    const block = stored >> 2;
    blocks[block + NUMBER] = words[at + PUTS]!;
    blocks[block + UNITS] = key.units;
    for (let i = 0; i < key.words.length; i++) blocks[block + KEY + i] = key.words[i]!;
    words[at + KEYS] = key.kind;
    const refusal = this.deposited(item, stored);
    if (refusal !== undefined) return this.notStored(stored, MORE + key.words.length, refusal);
    this.#placeUp(index, size, stored);
    words[at + PUTS]! += 1;
    if (item.parcel !== undefined) this.moved();
    return undefined;
  }

  override take(isAwaited: boolean, isOnlyCopied = false): Taken | Error {
    const { words, at, size, store } = this;
    const index = words[at + INDEX]!;
    const first = (index >> 2) + 1;
    const block = store.words[first]!;
    const more = this.moreOf(block);
    const taken = this.read(block, more);
    const refusal = isOnlyCopied && hasParcel(taken) ? ONLY_COPIED : whyUnreadableItem(taken, isAwaited);
    if (refusal !== undefined) return refusal;
    const takeOut = (): void => {
      if (size > 1) this.#placeDown(index, size - 1, store.words[first + size - 1]!);
      store.words[first + size - 1] = NO_BLOCK;
      words[at + GETS]! += 1;
    };
    if (hasNames(taken)) return this.takenWithNames(block, more, taken, isAwaited, takeOut);
    takeOut();
    this.free(block, more);
    return taken;
  }

  protected override blocks(): number[] {
    const { words, at, store, size } = this;
    const first = (words[at + INDEX]! >> 2) + 1;
    return Array.from({ length: size }, (_, i) => store.words[first + i]!);
  }

  /** See the invariant. */
  override repair(): void {
    const { words, at, size, store } = this;
    const index = words[at + INDEX]!;
    if (index === NO_BLOCK) return;
    const blocks = store.words;
    const first = (index >> 2) + 1;
    const end = Math.min(blocks[index >> 2]!, size + 1);
    const found = new Set<number>();
    let twice = -1;
    let last = -1;
    for (let i = 0; i < end && blocks[first + i] !== NO_BLOCK; last = i++) {
      if (found.has(blocks[first + i]!)) twice = i;
      found.add(blocks[first + i]!);
    }
    const hand = words[at + HAND]!;
    if (hand !== NO_BLOCK && !found.has(hand)) {
      blocks[first + twice] = hand; // a repair died between the stores of a swap
      found.add(hand);
    } else if (twice >= 0) {
      blocks[first + twice] = blocks[first + last]!;
      blocks[first + last] = NO_BLOCK;
    }
    this.#order(first, found.size);
    const change = found.size - size;
    if (change > 0) words[at + PUTS]! += change;
    else words[at + GETS]! -= change;
    super.repair();
  }

  protected override copyIndex(from: number, capacity: number, to: number, larger: number): void {
    const { words } = this.store;
    for (let i = 0; i < larger; i++) words[to + i] = i < capacity ? words[from + i]! : NO_BLOCK;
  }

  /** Makes a heap of the first `size` places, by swaps that a death does not harm. */
  #order(first: number, size: number): void {
    const { words, at, store } = this;
    const blocks = store.words;
    for (let start = (size >> 1) - 1; start >= 0; start--) {
      for (let place = start, next; (next = this.#nextDown(first, place, size)) !== undefined; place = next) {
        const [above, below] = [blocks[first + place]!, blocks[first + next]!];
        if (!this.#isBefore(below, above)) break;
        words[at + HAND] = above;
        blocks[first + place] = below;
        blocks[first + next] = above;
      }
    }
    words[at + HAND] = NO_BLOCK;
  }

  /** Puts a block above `size` others, and up from there. */
  #placeUp(index: number, size: number, block: number): void {
    const blocks = this.store.words;
    const first = (index >> 2) + 1;
    let place = size;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.#isBefore(block, blocks[first + above]!)) break;
      blocks[first + place] = blocks[first + above]!;
      place = above;
    }
    blocks[first + place] = block;
  }

  /** Puts a block at the top of a heap of `size` items instead of the first item, and down from there. */
  #placeDown(index: number, size: number, block: number): void {
    const blocks = this.store.words;
    const first = (index >> 2) + 1;
    let place = 0;
    for (let next; (next = this.#nextDown(first, place, size)) !== undefined; place = next) {
      if (!this.#isBefore(blocks[first + next]!, block)) break;
      blocks[first + place] = blocks[first + next]!;
    }
    blocks[first + place] = block;
  }

  /** The place below `place` whose item comes first; undefined if there is none. */
  #nextDown(first: number, place: number, size: number): number | undefined {
    const blocks = this.store.words;
    const left = 2 * place + 1;
    if (left >= size) return undefined;
    const right = left + 1;
    return right < size && this.#isBefore(blocks[first + right]!, blocks[first + left]!) ? right : left;
  }

  protected override moreOf(block: number): number {
    return MORE + wordsOfKey(this.store.words[(block >> 2) + UNITS]!);
  }

  #isBefore(one: number, other: number): boolean {
    const { words } = this.store;
    const [a, b] = [one >> 2, other >> 2];
    const [unitsOfA, unitsOfB] = [words[a + UNITS]!, words[b + UNITS]!];
    const common = wordsOfKey(Math.min(unitsOfA, unitsOfB));
    for (let i = 0; i < common; i++) {
      const difference = words[a + KEY + i]! - words[b + KEY + i]!;
      if (difference !== 0) return difference < 0;
    }
    if (unitsOfA !== unitsOfB) return unitsOfA < unitsOfB;
    return ((words[a + NUMBER]! - words[b + NUMBER]!) | 0) < 0;
  }
}

function otherKeys({ kind }: Key, keys: number): TypeError {
  return new TypeError(
    `queue: the priority is a ${KIND_NAMES[kind]}, and the items in the queue have ${KIND_NAMES[keys]}s; ` +
      "use one kind of priorities in a queue",
  );
}
