export function lengthOfMoved(buffer: ArrayBuffer): number;
export function incrementMoved(buffer: ArrayBuffer): { buffer: ArrayBuffer };
export function movesLaterOfTask(bytes: number): Promise<ArrayBuffer>;
export function movesTwice(): ArrayBuffer;
export function standsBeforeMoved(flags: Int32Array): void;
