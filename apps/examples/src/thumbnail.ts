/** The work of thumbnails.ts, in a module of its own, because each worker imports the module of its tasks. */
import { basename, extname, join } from "node:path";
import { expose } from "@x/thread";
import sharp from "sharp";

// The library has threads of its own. Here each image is the work of one thread.
sharp.concurrency(1);

export interface Thumbnail {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** Writes a small copy of an image, no wider and no higher than `size` pixels. */
export async function thumbnail(image: string, directory: string, size: number): Promise<Thumbnail> {
  const file = join(directory, `${basename(image, extname(image))}.webp`);
  const small = sharp(image).resize(size, size, { fit: "inside" }).webp();
  const { width, height, size: bytes } = await small.toFile(file);
  return { file, width, height, bytes };
}

expose({ thumbnail });
