import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openStore, type Store } from "../../../appliance/store/index.ts";

const at = new Date("2026-11-25T08:00:00Z");

export interface Practice {
  readonly folder: string;
  readonly dataFolder: string;
  readonly configurationFile: string;
  readonly target: string;
}

/** A folder with a configuration and an empty data folder. */
export function openPractice(): Practice {
  const folder = mkdtempSync(join(tmpdir(), "backup-"));
  const dataFolder = join(folder, "box");
  mkdirSync(dataFolder);
  const configurationFile = join(folder, "config.json");
  writeFileSync(configurationFile, '{ "site": "Éluard" }\n');
  return { folder, dataFolder, configurationFile, target: join(folder, "box.backup") };
}

/** Fills a box's database with messages of `bytes` bytes and an exam each. */
export async function fill(dataFolder: string, messages: number, bytes = 1000): Promise<void> {
  const store = await openStore(join(dataFolder, "box.db"));
  for (let n = 1; n <= messages; n++) await addExam(store, n, bytes);
  await store.close();
}

export async function addExam(store: Store, n: number, bytes = 1000): Promise<void> {
  const content = randomBytes(bytes);
  const { id } = await store.recordMessage({
    kind: "hl7",
    receivedAt: at,
    sender: "RIS|SITE",
    controlId: `M${n}`,
    digest: createHash("sha256").update(content).digest(),
    peer: "127.0.0.1",
    bytes: content,
    answer: Buffer.from("AA"),
  });
  await store.openMessage({
    messageId: id,
    at,
    content: {
      kind: "report",
      documentId: `1.2.${n}`,
      documentDigest: content,
      action: "create",
      substance: Buffer.alloc(0),
      ends: [],
    },
    exams: [
      {
        structure: "1750099999",
        studyInstanceUID: `2.25.${n}`,
        accessions: [`A${n}`],
        keys: [`A${n}`],
        state: "searching",
        cause: "report",
        nextAt: at,
        event: { at, kind: "opened" },
      },
    ],
  });
}

/**
 * Every row of every table of a database that nobody uses, but for what a restore adds: the marks of the installation, its
 * record in an audit trail that may begin with it.
 */
export function rowsOf(file: string): Readonly<Record<string, readonly unknown[]>> {
  const db = new Database(file);
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
    const kept = tables.filter((name) => name !== "installation" && !name.startsWith("sqlite_"));
    const added = "WHERE event NOT IN ('audit-begun', 'backup-restored')";
    return Object.fromEntries(
      kept.map((name) => [name, db.prepare(`SELECT * FROM "${name}" ${name === "audit" ? added : ""}`).all()]),
    );
  } finally {
    db.close();
  }
}

/** What is in a folder, at any depth. */
export function contents(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}
