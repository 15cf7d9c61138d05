import { once } from "node:events";
import { access, link, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { asCoded, type CodedError } from "../../base/index.ts";
import { openStore } from "../../store/index.ts";
import { claimFolder } from "../folder.ts";
import { ByteReader } from "./byte-reader.ts";
import { syncFolder, writeDurably } from "./durable.ts";
import { backupErrors, damaged } from "./errors.ts";
import { bytesOf, CONFIGURATION, DATABASE, type Manifest, readFile, readManifest } from "./manifest.ts";
import { counted, type OnProgress, requireSpace } from "./progress.ts";
import { unseal } from "./seal.ts";

export interface RestoreOptions {
  /** The backup. */
  readonly file: string;
  /** Absent for a backup in the clear. */
  readonly passphrase?: string;
  readonly dataFolder: string;
  /** Puts aside the database that is there. Default false: its presence is a refusal. */
  readonly replace?: boolean;
  /** The account that restores, for the audit trail. */
  readonly operator?: string;
  readonly now: () => Date;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface Restored {
  readonly manifest: Manifest;
  /** The configuration of the saved box. It is in the data folder for a person to compare, and nothing reads it there. */
  readonly configurationFile: string;
  /** Folder of the database that was there before. */
  readonly aside?: string;
}

/**
 * Restores a backup into the data folder of a box that does not run, and marks the database as restored: the fact
 * `restored_at` of the installation, and a record of its audit trail. Everything is verified before anything of the folder is changed: the seal, every
 * file's hash, the database's integrity, its schema; and a kill at any moment leaves the old database or the new one.
 *
 * Throws BACKUP_*, CONFIG_FOLDER_IN_USE, CONFIG_FOLDER_UNUSABLE, STORE_NEWER (made by a newer version), STORE_CORRUPT;
 * and the signal's reason.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { file, passphrase, dataFolder, replace = false, signal } = options;
  if (!replace && (await exists(join(dataFolder, DATABASE))))
    throw backupErrors.fault("BACKUP_FOLDER_NOT_EMPTY", { details: { folder: dataFolder } });
  await using body = new ByteReader(unseal(readable(bytesOf(file)), passphrase));
  const manifest = await readManifest(body);

  const fresh = !(await exists(dataFolder));
  const { socket } = await claimFolder(dataFolder);
  // As a running box does: until the end of this, none can start on the folder.
  const holder = createServer((caller) => caller.destroy()).listen(socket);
  const stage = join(dataFolder, "restore.part");
  try {
    await once(holder, "listening");
    await rm(stage, { recursive: true, force: true });
    await requireSpace(dataFolder, total(manifest));
    await mkdir(stage, { mode: 0o700 });
    await extract(body, manifest, stage, options);
    await verify(join(stage, DATABASE), manifest, options);
    signal?.throwIfAborted();
    return { manifest, ...(await install(stage, dataFolder, options.now())) };
  } catch (cause) {
    throw signal?.aborted ? signal.reason : asCoded(cause, (error) => unusable(dataFolder, error));
  } finally {
    await rm(stage, { recursive: true, force: true });
    await new Promise((resolve) => holder.close(resolve));
    if (fresh) await rmdir(dataFolder).catch(() => {});
  }
}

const total = ({ files }: Manifest) => files.reduce((sum, { size }) => sum + size, 0);

async function extract(body: ByteReader, manifest: Manifest, stage: string, options: RestoreOptions): Promise<void> {
  for (const file of manifest.files) {
    const bytes = counted(readFile(body, file), "reading", file.size, options);
    await writeDurably(join(stage, file.name), bytes);
  }
  if (!(await body.ended())) throw damaged("longer than it says");
}

/** Opens the database as the box will, which brings an older schema up to date, and walks through it. */
async function verify(database: string, { createdAt }: Manifest, { operator, now }: RestoreOptions): Promise<void> {
  const store = await openStore(database);
  try {
    await store.inspect();
    const at = now();
    await store.setInstallation({ key: "restored_at", value: at.toISOString() });
    const who = operator === undefined ? {} : { users: [{ id: operator }] };
    await store.appendAuditRecords([
      { at, event: "backup-restored", outcome: 0, ...who, facts: { madeAt: createdAt } },
    ]);
  } finally {
    await store.close();
  }
}

async function install(stage: string, dataFolder: string, now: Date): Promise<Omit<Restored, "manifest">> {
  await syncFolder(stage);
  const aside = await putAside(dataFolder, now);
  const configurationFile = join(dataFolder, `restored-${CONFIGURATION}`);
  await rename(join(stage, CONFIGURATION), configurationFile);
  await rename(join(stage, DATABASE), join(dataFolder, DATABASE));
  await syncFolder(dataFolder);
  return { configurationFile, ...(aside !== undefined && { aside }) };
}

/**
 * Keeps the database that is there under another name as well; its own name is free to be taken over in one step. Its
 * write-ahead log must be gone by then, since the new database would take it for its own.
 */
async function putAside(dataFolder: string, now: Date): Promise<string | undefined> {
  const names = (await readdir(dataFolder)).filter((name) => name.startsWith(DATABASE));
  if (names.length === 0) return undefined;
  const database = join(dataFolder, DATABASE);
  if (names.length > 1) {
    // Left by a box that was killed: what it holds goes into the database, unless that is what is broken.
    await openStore(database).then(
      (store) => store.close(),
      () => undefined,
    );
  }
  const aside = join(dataFolder, `before-restore-${now.toISOString().replaceAll(/[:.]/g, "-")}`);
  await mkdir(aside, { mode: 0o700 });
  for (const name of (await readdir(dataFolder)).filter((one) => one.startsWith(DATABASE))) {
    const move = name === DATABASE ? link : rename;
    await move(join(dataFolder, name), join(aside, name));
  }
  await syncFolder(aside);
  return aside;
}

/** Bytes of a medium that may fail. Throws BACKUP_UNREADABLE. */
async function* readable(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unknown";
    throw backupErrors.fault("BACKUP_UNREADABLE", { details: { reason }, cause });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function unusable(folder: string, cause: unknown): CodedError {
  const reason = (cause as NodeJS.ErrnoException).code ?? "unknown";
  return backupErrors.fault("BACKUP_FOLDER_UNUSABLE", { details: { folder, reason }, cause });
}
