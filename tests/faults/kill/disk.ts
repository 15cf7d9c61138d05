/** A small disk for the box, which fills up and empties on demand while boxes come and go on it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../practice.ts";

/** A file system in memory, in a name space of its own: no privilege is needed. It is there as long as its holder runs. */
const HOLDER = ["--user", "--map-root-user", "--mount", "sh", "-c"];
const SIZE = "1g";
/** The box writes while the disk shrinks to what is on it; it is then tried again. */
const TRIES = 20;

/** False where a user may not mount in a name space of his own. */
export const disksArePossible = spawnSync("unshare", [...HOLDER, "mount -t tmpfs tmpfs /tmp"]).status === 0;

export class SmallDisk implements AsyncDisposable {
  readonly #holder: ChildProcess;
  readonly #folder: string;
  full = false;
  /** How often it was. */
  fills = 0;
  #freedAt = Number.NEGATIVE_INFINITY;

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder;
    this.#folder = folder;
  }

  /** Puts an empty disk over `folder`, for those who are started with its launcher. */
  static async over(folder: string): Promise<SmallDisk> {
    const mount = `mount -t tmpfs -o size=${SIZE},mode=700 tmpfs ${folder} && echo ready && exec sleep infinity`;
    const holder = spawn("unshare", [...HOLDER, mount], { stdio: ["ignore", "pipe", "inherit"] });
    let ready = false;
    holder.stdout.once("data", () => {
      ready = true;
    });
    await eventually(() => ready, "the disk is mounted");
    return new SmallDisk(holder, folder);
  }

  /** Runs the command that follows it where the disk is. */
  get launcher(): string[] {
    return ["nsenter", "--target", String(this.#holder.pid), "--user", "--mount", "--preserve-credentials"];
  }

  /** `path` as the box sees it, for those who are elsewhere. */
  seen(path: string): string {
    return join("/proc", String(this.#holder.pid), "root", path);
  }

  /** Leaves room for `spare` bytes. */
  fill(spare: number): void {
    for (let attempt = 0; attempt < TRIES && !this.full; attempt++) {
      const { blocks, bfree, bsize } = statfsSync(this.seen(this.#folder));
      this.full = this.#resize(String((blocks - bfree) * bsize + Math.round(spare)));
    }
    if (this.full) this.fills += 1;
  }

  /** Whether it has been full at any time since `then`, by `performance.now()`. */
  wasFullSince(then: number): boolean {
    return this.full || this.#freedAt > then;
  }

  free(): void {
    if (this.full && !this.#resize(SIZE)) throw new Error("the disk could not be made larger");
    if (this.full) this.#freedAt = performance.now();
    this.full = false;
  }

  /** Brings what is on it back to the folder below. */
  copyBack(): void {
    cpSync(this.seen(this.#folder), this.#folder, { recursive: true, force: true });
  }

  #resize(size: string): boolean {
    const [command = "", ...rest] = this.launcher;
    return spawnSync(command, [...rest, "mount", "-o", `remount,size=${size}`, this.#folder]).status === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.kill("SIGKILL");
  }
}
