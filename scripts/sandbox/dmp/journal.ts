/** The registry on disk: one line of JSON a change, synced before the answer, so that it outlives a killed process. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class Journal<Row> {
  readonly #file: string;

  /** Makes `folder` when it is not there. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, "registry.jsonl");
  }

  /** What was written, in order. A line without its end was cut by a kill before the answer: it never happened. */
  read(): Row[] {
    if (!existsSync(this.#file)) return [];
    const text = readFileSync(this.#file, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole !== text) writeFileSync(this.#file, whole);
    return whole
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Row);
  }

  /** Returns once the row is on the disk. */
  append(row: Row): void {
    const descriptor = openSync(this.#file, "a", 0o600);
    try {
      writeFileSync(descriptor, `${JSON.stringify(row)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }
}
