/** The cache of images: a study written to it, and read back by one, by twenty, by fifty at the same time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { type ImageCache, openCache } from "../../appliance/cache/index.ts";

const IMAGES = 1300;
/** A compressed slice, and one of 512 × 512 in 16 bits. */
const SIZES = [150_000, 520_000];
const READERS = [1, 20, 50];
/** As they come from an association. */
const CHUNK = Buffer.alloc(32 * 1024, "chunk");

/** Megabytes a second, seconds of processor for a gigabyte, and the longest stall of the event loop. */
export async function benchCache(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-cache-"));
  const cache = await openCache<null>({ folder, maximumBytes: 1e12, maximumAgeMs: 1e9 });
  const figures: Record<string, number> = {};
  const note = (name: string, { rate, processor, stall }: Measured) => {
    figures[`cache_${name}_mb_per_s`] = rate;
    figures[`cache_${name}_cpu_s_per_gb`] = processor;
    figures[`cache_${name}_longest_stall_ms`] = stall;
  };
  try {
    for (const size of SIZES) {
      const kilobytes = size / 1000;
      note(`write_${kilobytes}kb`, await measured(IMAGES * size, () => write(cache, size)));
      for (const readers of READERS) {
        const everybody = () => Promise.all(Array.from({ length: readers }, () => read(cache, size)));
        note(`read_${kilobytes}kb_by_${readers}`, await measured(readers * IMAGES * size, everybody));
      }
    }
    return figures;
  } finally {
    await cache.close();
    rmSync(folder, { recursive: true });
  }
}

async function write(cache: ImageCache<null>, size: number): Promise<void> {
  await using reader = await cache.open(String(size), "study", async (entry) => {
    for (let image = 0; image < IMAGES; image++) {
      const item = await entry.add(String(image), null);
      for (let left = size; left > 0; left -= CHUNK.length) await item.write(CHUNK.subarray(0, left));
      await item.end();
    }
  });
  for await (const item of reader.items()) await item.whole();
}

async function read(cache: ImageCache<null>, size: number): Promise<void> {
  await using reader = await cache.open(String(size), "study", async () => {
    throw new Error("the study was written before");
  });
  let bytes = 0;
  for await (const item of reader.items()) for await (const piece of item.read()) bytes += piece.length;
  if (bytes !== IMAGES * size) throw new Error(`${bytes} bytes were read`);
}

interface Measured {
  readonly rate: number;
  readonly processor: number;
  readonly stall: number;
}

async function measured(bytes: number, work: () => Promise<unknown>): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const started = performance.now();
  delay.enable();
  await work();
  delay.disable();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: bytes / 1e6 / seconds, processor: (user + system) / 1e6 / (bytes / 1e9), stall: delay.max / 1e6 };
}
