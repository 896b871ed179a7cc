/**
 * A folder of images, made small by `map`: on all cores, with the results in order. Without a folder it draws some images.
 */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { ThreadPoolExecutor } from "@x/executor";
import { SingleBar } from "cli-progress";
import sharp from "sharp";
import { seconds } from "./clock.js";
import { thumbnail, type Thumbnail } from "./thumbnail.js";

const IS_IMAGE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i;
const [WIDTH, HEIGHT] = [1600, 1000];

/** Draws images: each a gradient in a colour of its own. */
async function draw(directory: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const colour = `hsl(${(n * 360) / count} 80% 50%)`;
    const svg = `<svg width="${WIDTH}" height="${HEIGHT}"><defs><linearGradient id="g"><stop stop-color="${colour}"/><stop offset="1"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/></svg>`;
    await sharp(Buffer.from(svg))
      .jpeg()
      .toFile(join(directory, `image-${String(n).padStart(3, "0")}.jpg`));
  }
}

async function makeSmall(images: readonly string[], directory: string, size: number, threads: number) {
  const bar = new SingleBar({ format: "thumbnails {bar} {value}/{total}", clearOnComplete: true, hideCursor: true });
  bar.start(images.length, 0);
  const thumbnails: Thumbnail[] = [];
  await using executor = new ThreadPoolExecutor(threads);
  const all = <T>(value: T): T[] => images.map(() => value);
  try {
    for await (const small of executor.mapAsync(thumbnail, images, all(directory), all(size))) {
      thumbnails.push(small);
      bar.increment();
    }
  } finally {
    bar.stop();
  }
  return thumbnails;
}

export async function main(
  directory: string | undefined,
  { count = 24, size = 128, threads = availableParallelism() } = {},
): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "thumbnails-"));
  try {
    const from = directory ?? scratch;
    if (directory === undefined) await draw(from, count);
    const images = (await readdir(from)).filter((name) => IS_IMAGE.test(name)).sort();
    const to = join(directory ?? scratch, "thumbnails");
    await mkdir(to, { recursive: true });
    const begin = performance.now();
    const small = await makeSmall(
      images.map((name) => join(from, name)),
      to,
      size,
      threads,
    );
    const fits = small.every(({ width, height }) => Math.max(width, height) <= size);
    console.log(`${small.length} thumbnails${directory === undefined ? "" : ` in ${to}`}`);
    console.log(`each fits into ${size} x ${size} pixels: ${fits ? "yes" : "no"}`);
    console.log(`${threads} threads took ${seconds(performance.now() - begin)}`);
    return fits && small.length === images.length ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true });
  }
}
