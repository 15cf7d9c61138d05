import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { CodedError, Logger } from "../base/index.ts";
import { type DistinguishedName, nameKey } from "./distinguished-name.ts";
import { trustErrors } from "./errors.ts";
import { FollowedFile, readBytes } from "./followed-file.ts";
import { type Domain, readWhiteListDocument } from "./white-list-document.ts";

/** Those who may ask for images, by the distinguished name of their certificate. */
export interface WhiteList {
  /** What the list says of the holder of that name, compared whole (see `nameKey`); undefined: not on the list. */
  find(name: DistinguishedName): Member | undefined;
  readonly domains: readonly Domain[];
  readonly generatedAt: Date;
  /** Whether the signature of the ANS was verified. A box in production admits nobody by a list that is not. */
  readonly verified: boolean;
  /** Lines that were left out. */
  readonly unreadable: readonly { readonly line: number; readonly reason: string }[];
}

/** The lines of one certificate; nearly always one. */
export interface Member {
  readonly domains: readonly Domain[];
}

export interface WhiteListOptions {
  /** Where the box keeps the last good list. */
  readonly keptFile: string;
  /** A file that is replaced from outside, looked at every `checkEverySeconds`. */
  readonly sourceFile?: string;
  readonly checkEverySeconds: number;
  readonly now: () => Date;
  readonly log: Logger;
}

/** The list in use, over restarts and bad files. */
export interface WhiteListKeeper {
  /** The last good list; undefined until there is one, and then nobody is on it. */
  readonly current: WhiteList | undefined;
  /** Why the source file as it is now was not taken. */
  readonly fault: CodedError | undefined;
  /**
   * Takes a list into use, and keeps it; the same again is no change.
   * @throws TRUST_WHITE_LIST_INVALID, TRUST_WHITE_LIST_OLDER, TRUST_WHITE_LIST_AHEAD; the list in use stays
   */
  offer(bytes: Uint8Array): Promise<WhiteList>;
  /** Looks at the source file now. */
  refresh(): Promise<void>;
  close(): void;
}

/** Larger than any the XML reader takes. */
const MAX_BYTES = 8 * 1024 * 1024;
/** A list of tomorrow would shut out the true one of today; a day covers a slow clock and time zones. */
const MAX_AHEAD_MS = 86_400_000;

/** Reads a list; its signature is not verified. Throws TRUST_WHITE_LIST_INVALID. */
export function readWhiteList(bytes: Uint8Array): WhiteList {
  const document = readWhiteListDocument(bytes);
  const members = Map.groupBy(document.domains, ({ distinguishedName }) => nameKey(distinguishedName));
  return {
    ...document,
    verified: false,
    find(name) {
      const domains = members.get(nameKey(name));
      return domains && { domains };
    },
  };
}

/** Takes up the kept list, then the source file. Never rejects for what the files hold: without a list nobody is on it. */
export async function openWhiteList(options: WhiteListOptions): Promise<WhiteListKeeper> {
  const { keptFile, sourceFile, now, log } = options;
  let current = await readBytes(keptFile, MAX_BYTES)
    .then(readWhiteList)
    .catch(() => undefined);

  async function take(bytes: Uint8Array): Promise<WhiteList> {
    const list = readWhiteList(bytes);
    const details = { date: list.generatedAt.toISOString() };
    if (list.generatedAt.getTime() > now().getTime() + MAX_AHEAD_MS) {
      throw trustErrors.fault("TRUST_WHITE_LIST_AHEAD", { details });
    }
    if (current !== undefined && list.generatedAt < current.generatedAt) {
      throw trustErrors.fault("TRUST_WHITE_LIST_OLDER", { details });
    }
    current = list;
    // In use even so: whoever was struck off must not stay because a disk is full.
    await keep(keptFile, bytes).catch((cause: unknown) => {
      const { code, message } = trustErrors.fault("TRUST_WHITE_LIST_NOT_KEPT", { where: keptFile, cause });
      log.warn({ code }, message);
    });
    const { length } = list.domains;
    log.info({ domains: length, unreadable: list.unreadable, ...details }, "a white list was taken into use");
    return list;
  }

  /** One at a time: of two lists offered together the newer must be the one that stays. */
  let last: Promise<unknown> = Promise.resolve();
  const offer = (bytes: Uint8Array): Promise<WhiteList> => {
    const taken = last.then(() => take(bytes));
    last = taken.catch(() => undefined);
    return taken;
  };

  const source =
    sourceFile === undefined
      ? undefined
      : new FollowedFile([sourceFile], async () => offer(await readBytes(sourceFile, MAX_BYTES)));
  async function refresh(): Promise<void> {
    const before = source?.fault;
    // What waits for the clock is tried again though the file is the same.
    await source?.refresh(before?.retry === "later");
    if (source?.fault === undefined || source.fault.code === before?.code) return;
    const { code, details, message } = source.fault;
    log.warn({ code, details }, message);
  }
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => log.error({ error }, "the white list could not be looked at"));
  }, options.checkEverySeconds * 1_000).unref();
  return {
    get current() {
      return current;
    },
    get fault() {
      return source?.fault;
    },
    offer,
    refresh,
    close: () => clearInterval(timer),
  };
}

/** Whole or not at all, also over a power cut. */
async function keep(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  await using file = await open(part, "w", 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await rename(part, path);
  await using folder = await open(dirname(path));
  await folder.sync();
}
