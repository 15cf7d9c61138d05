import { readFile, stat } from "node:fs/promises";
import { asCoded, type CodedError } from "../base/index.ts";
import { trustErrors } from "./errors.ts";

/**
 * Something read from files that are replaced while the box runs: its last good reading. Whoever follows asks `refresh`
 * now and then; the files' stamps tell whether there is anything to read. (Watching folders misses what is replaced behind a
 * symbolic link or on a network share.)
 */
export class FollowedFile<T> {
  readonly #paths: readonly string[];
  readonly #read: (before: T | undefined) => Promise<T>;
  #stamp: string | undefined;
  #value: T | undefined;
  #fault: CodedError | undefined;

  /** @param read the new value; what it rejects with becomes `fault`, and the value stays. */
  constructor(paths: readonly string[], read: (before: T | undefined) => Promise<T>) {
    this.#paths = paths;
    this.#read = read;
  }

  /** The first of its files, for who has to look there. */
  get path(): string {
    return this.#paths[0] as string;
  }

  /** The last good reading. */
  get value(): T | undefined {
    return this.#value;
  }

  /** Why the files as they are now could not be taken, or undefined. */
  get fault(): CodedError | undefined {
    return this.#fault;
  }

  /** Reads the files if they changed since they were last tried, or in any case. Says what came of it. */
  async refresh(anyway = false): Promise<"same" | "taken" | "refused"> {
    // The stamp is taken first: what is written during the reading is read again at the next turn.
    const stamp = await this.#stampOf();
    if (stamp === this.#stamp && !anyway) return "same";
    this.#stamp = stamp;
    try {
      this.#value = await this.#read(this.#value);
      this.#fault = undefined;
      return "taken";
    } catch (error) {
      this.#fault = asCoded(error, (cause) => trustErrors.fault("TRUST_FILE_UNREADABLE", { where: this.path, cause }));
      return "refused";
    }
  }

  async #stampOf(): Promise<string> {
    const stamps = await Promise.all(
      this.#paths.map((path) =>
        stat(path, { bigint: true }).then(
          ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(" "),
          (error: NodeJS.ErrnoException) => String(error.code),
        ),
      ),
    );
    return stamps.join("\n");
  }
}

/**
 * The bytes of a file that holds at most `limit`.
 * @throws TRUST_FILE_UNREADABLE
 */
export async function readBytes(path: string, limit: number): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > limit) throw new RangeError(`more than ${limit} bytes`);
    return await readFile(path);
  } catch (cause) {
    throw trustErrors.fault("TRUST_FILE_UNREADABLE", { where: path, cause });
  }
}
