import { copyFile, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { asCoded, type CodedError } from "../../base/index.ts";
import { openStore, type Store } from "../../store/index.ts";
import { configurationErrors } from "../config/index.ts";
import { replaceDurably } from "./durable.ts";
import { backupErrors } from "./errors.ts";
import { CONFIGURATION, DATABASE, describe, type Manifest, writeBody } from "./manifest.ts";
import { counted, type OnProgress, requireSpace } from "./progress.ts";
import { requirePassphrase, seal } from "./seal.ts";
import { requireTarget } from "./target.ts";

export interface BackupOptions {
  readonly store: Pick<Store, "snapshot">;
  /** Where the database is, and where its copy waits until it is written to the target. */
  readonly dataFolder: string;
  readonly configurationFile: string;
  /** The file to write, in a folder that is there; a backup of that name is replaced once the new one is whole. */
  readonly target: string;
  /** Null is the explicit wish for a backup in the clear, which anybody can read. */
  readonly passphrase: string | null;
  /** Of this software. */
  readonly version: string;
  readonly now: () => Date;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** One backup at a time in a data folder: they would copy into the same place. */
const running = new Set<string>();

/**
 * Saves a running box into one file: the database as it is at the end of its copy, and the configuration. No key is in
 * it: keys belong to the TPM or to whoever installed them, and are installed again on the new box.
 *
 * Throws BACKUP_RUNNING, BACKUP_PASSPHRASE_SHORT, BACKUP_TARGET_INSIDE, BACKUP_TARGET_OCCUPIED, BACKUP_NO_SPACE,
 * BACKUP_TARGET_FULL, BACKUP_TARGET_UNWRITABLE, CONFIG_UNREADABLE, STORE_* when the database cannot be copied or its copy
 * is damaged; and the signal's reason. Nothing is left behind.
 */
export async function createBackup(options: BackupOptions): Promise<Manifest> {
  const { dataFolder, passphrase, signal } = options;
  if (passphrase !== null) requirePassphrase(passphrase);
  if (running.has(dataFolder)) throw backupErrors.fault("BACKUP_RUNNING");
  running.add(dataFolder);
  const work = join(dataFolder, "backup.part");
  try {
    const target = await requireTarget(options);
    // What a killed process left is of no use.
    await rm(work, { recursive: true, force: true });
    await requireSpace(dataFolder, (await stat(join(dataFolder, DATABASE))).size);
    await mkdir(work, { mode: 0o700 });
    return await write(work, { ...options, target });
  } catch (cause) {
    signal?.throwIfAborted();
    throw asCoded(cause, toFault);
  } finally {
    await rm(work, { recursive: true, force: true });
    running.delete(dataFolder);
  }
}

async function write(work: string, options: BackupOptions): Promise<Manifest> {
  const { target, passphrase, version, now, onProgress, signal } = options;
  const [database, configuration] = [join(work, DATABASE), join(work, CONFIGURATION)];
  await copyConfiguration(options.configurationFile, configuration);
  onProgress?.({ phase: "copying", done: 0, total: 0 });
  await snapshot(options.store, database, signal);
  const createdAt = now().toISOString();

  onProgress?.({ phase: "checking", done: 0, total: 0 });
  const store = await openStore(database);
  const { schema } = await store.inspect().finally(() => store.close());
  signal?.throwIfAborted();

  const files: Manifest["files"] = [await describe(DATABASE, database), await describe(CONFIGURATION, configuration)];
  const manifest: Manifest = { product: "DRIMbox", version, schema, createdAt, files };
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const body = counted(writeBody(manifest, [database, configuration]), "writing", total, options);
  await replaceDurably(target, seal(body, passphrase));
  return manifest;
}

/** A person may edit it at any time: what is described and what is written must be the same. */
async function copyConfiguration(file: string, copy: string): Promise<void> {
  try {
    await copyFile(file, copy);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unknown";
    throw configurationErrors.fault("CONFIG_UNREADABLE", { where: file, details: { reason }, cause });
  }
}

async function snapshot(store: BackupOptions["store"], file: string, signal: AbortSignal | undefined): Promise<void> {
  const cancelled = new Int32Array(new SharedArrayBuffer(4));
  const cancel = () => Atomics.store(cancelled, 0, 1);
  signal?.addEventListener("abort", cancel);
  try {
    await store.snapshot({ file, cancelled });
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

function toFault(cause: unknown): CodedError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return backupErrors.fault("BACKUP_TARGET_FULL", { cause });
  return backupErrors.fault("BACKUP_TARGET_UNWRITABLE", { details: { reason: code ?? "unknown" }, cause });
}
