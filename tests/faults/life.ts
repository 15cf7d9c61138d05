/** A practice whose PACS and record can be held still, for the life of its exams; and all that was said to the record. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegisteredDocument } from "../../scripts/sandbox/dmp/index.ts";
import { TITLES } from "../../scripts/sandbox/rejection-note.ts";
import type { SyntheticStudy } from "../../scripts/sandbox/studies.ts";
import { Line } from "./line.ts";
import { type images, versionOf } from "./people.ts";
import { type Case, eventually, openPractice, type Practice, type PracticeOptions } from "./practice.ts";

export interface Life extends AsyncDisposable {
  readonly practice: Practice;
  /** Between the box and its PACS. */
  readonly line: Line;
  /** From now on neither the PACS nor the record answers; the exam stays where it is. */
  hold(): Promise<void>;
  /** Both answer again. */
  free(): Promise<void>;
  /** Puts the images into the PACS and sends the report; resolves once the exam is published. */
  published(one: Case, filed?: Parameters<typeof images>[2]): Promise<void>;
  /** Sends the `number`th version of the report, from 2. */
  correct(one: Case, number?: number, flags?: Readonly<Record<string, "Y" | "N">>): Promise<void>;
  /** Sends another report on the same exam. */
  second(one: Case, options?: Parameters<Practice["report"]>[1]): Promise<void>;
  /** Takes the `number`th version back; the first when absent. */
  cancel(one: Case, number?: number): Promise<void>;
  /** The PACS rejects or restores images, all of them unless said otherwise, and must learn that it was understood. */
  note(one: Case, title: keyof typeof TITLES, sopInstanceUIDs?: readonly string[]): Promise<void>;
  /** The message of that control id, as the exam shows it. */
  messageOf(one: Case, controlId: string): Promise<number>;
  /** The manifests that the record holds in force. */
  held(one: Case): readonly RegisteredDocument[];
  /** What was done to the record for the exam, in order. */
  deeds(one: Case): readonly string[];
  /** Kinds and codes of the lines of the exam's timeline. */
  lines(one: Case): Promise<string[]>;
  /** The bodies of all requests that the record was sent. */
  readonly said: readonly string[];
}

export async function openLife({ settings = {}, ...options }: PracticeOptions = {}): Promise<Life> {
  const line = new Line();
  await line.leadTo("mute");
  const said: string[] = [];
  const practice = await openPractice({
    pacs: { host: "127.0.0.1", port: line.port, aeTitle: "PACS", timeoutSeconds: 1.5 },
    onExchange: ({ body }) => said.push(body.toString()),
    settings: {
      rejectionNotes: { host: "127.0.0.1", port: 0, senders: [{ aeTitle: "PACS", address: "127.0.0.1" }] },
      ...settings,
    },
    ...options,
  });
  const { site, pacs } = practice;
  await line.leadTo(pacs);
  const held: Life["held"] = ({ study }) => site.dmp.approvedManifests(study.studyInstanceUID);

  return {
    practice,
    line,
    said,
    held,
    async hold() {
      await line.leadTo("mute");
      site.dmp.faults.always({ kind: "silent" });
    },
    async free() {
      site.dmp.faults.clear();
      await line.leadTo(pacs);
    },
    async published(one, filed) {
      await practice.submit(one, filed);
      await practice.reaches(one, "published");
    },
    correct: (one, number = 2, flags = {}) =>
      practice.report(one, {
        action: "replace",
        controlId: `${one.name}-${number}`,
        changes: { ...versionOf(one.name, number), flags },
      }),
    second: (one, options) => practice.report({ ...one, name: `${one.name}-other` }, options),
    cancel: (one, number = 1) =>
      practice.report(one, {
        action: "delete",
        controlId: `${one.name}-end`,
        changes: number === 1 ? {} : versionOf(one.name, number),
      }),
    async note({ study }, title, sopInstanceUIDs) {
      const { host, port } = site.box.addresses.notes ?? { host: "", port: 0 };
      const to = { host, port, aeTitle: "DRIMBOX" };
      const images = sopInstanceUIDs === undefined ? {} : { sopInstanceUIDs };
      const status = await pacs.reject(study.studyInstanceUID, { title: TITLES[title], to, ...images });
      if (status !== 0) throw new Error(`the note was answered ${status}`);
    },
    async messageOf(one, controlId) {
      const { messages } = (await practice.exam(one)) as unknown as { messages: readonly Shown[] };
      const message = messages.find((shown) => shown.controlId === controlId);
      if (message === undefined) throw new Error(`no message ${controlId}`);
      return message.messageId;
    },
    deeds: ({ study }) => site.dmp.history(study.studyInstanceUID).map(({ action }) => action),
    async lines(one) {
      const { timeline } = await practice.exam(one);
      return timeline.map(({ kind, code }) => (code === undefined ? kind : `${kind} ${code}`));
    },
    async [Symbol.asyncDispose]() {
      await practice[Symbol.asyncDispose]();
      await line.leadTo("off");
    },
  };
}

interface Shown {
  readonly messageId: number;
  readonly controlId: string;
}

/** UIDs of the instances of a study. */
export function instancesOf({ instances }: SyntheticStudy): string[] {
  return instances.map(({ sopInstanceUID }) => sopInstanceUID);
}

/** Waits until the exam's timeline has a line of `kind` after the first `from`. */
export async function told({ practice }: Life, one: Case, kind: string, from: number): Promise<void> {
  await eventually(
    async () => (await practice.exam(one)).timeline.slice(from).some((step) => step.kind === kind),
    `${one.name}: ${kind}`,
    15_000,
  );
}

/** What xmllint finds wrong with the documents by the schema; nothing when all are valid. */
export function schemaFaults(documents: readonly string[], schema: string): string {
  const folder = mkdtempSync(join(tmpdir(), "documents-"));
  const files = documents.map((document, index) => {
    const file = join(folder, `${index}.xml`);
    writeFileSync(file, document);
    return file;
  });
  const { status, stderr } = spawnSync("xmllint", ["--noout", "--nonet", "--schema", schema, ...files]);
  rmSync(folder, { recursive: true });
  return status === 0 ? "" : stderr.toString().slice(0, 2000);
}
