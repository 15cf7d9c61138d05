/**
 * What has been registered, replaced and deleted: in memory, and in a journal when a folder is given. A deletion changes
 * the status of the manifest alone; the signature of its submission set stays as it is, for what it signed was submitted.
 */
import { createHash, randomUUID } from "node:crypto";
import { XMLSerializer } from "@xmldom/xmldom";
import { APPROVED, DELETED, DEPRECATED } from "./codes.ts";
import type { Entry } from "./entry.ts";
import { Journal } from "./journal.ts";
import type { Submission, SubmissionSet } from "./metadata.ts";
import type { Deletion } from "./update.ts";
import type { PatientName, Vihf } from "./vihf.ts";
import { descendants, type Element, NS } from "./xml.ts";

export interface RegisteredDocument {
  readonly entryUUID: string;
  readonly uniqueId: string;
  readonly submissionSetUniqueId: string;
  readonly kind: "manifest" | "signature";
  readonly patientId: string;
  readonly patientName?: PatientName;
  readonly structure: string;
  /** Ids of its author institutions, who alone may replace or delete it (EX_2.1-1140). */
  readonly institutions: readonly string[];
  readonly mimeType: string;
  readonly status: string;
  readonly sha1: string;
  readonly size: number;
  readonly studyInstanceUID?: string;
  /** entryUUID of the manifest that this one replaced. */
  readonly replaces?: string;
  /** The ExtrinsicObject as a query returns it, status apart. */
  readonly metadata: string;
  readonly content: Buffer;
}

export interface RegisteredSubmission {
  readonly uniqueId: string;
  readonly patientId: string;
  readonly structure: string;
  /** NameID of the VIHF. */
  readonly subject: string;
  /** ISO 8601, the stand-in's clock. */
  readonly receivedAt: string;
  /** uniqueIds; none in the submission set of a deletion. */
  readonly documents: readonly string[];
}

/** One step in the life of a study's manifests. */
export interface ManifestEvent {
  readonly action: "provide" | "replace" | "delete";
  /** ISO 8601, the stand-in's clock. */
  readonly at: string;
  /** Of the new manifest, or of the deleted one. */
  readonly uniqueId: string;
  readonly entryUUID: string;
  readonly patientId: string;
  readonly studyInstanceUID: string;
  /** Who did it: Identifiant_Structure and NameID of the VIHF. */
  readonly structure: string;
  readonly subject: string;
  /** uniqueIds of the manifests of that study and structure that were approved and stay so: each makes a double. */
  readonly beside: readonly string[];
}

interface Row {
  readonly submission: RegisteredSubmission;
  readonly documents: readonly (Omit<RegisteredDocument, "content" | "status"> & { readonly content: string })[];
  /** entryUUID of what it deletes. */
  readonly deleted?: string;
}

export class Registry {
  readonly #documents = new Map<string, RegisteredDocument>();
  readonly #submissions: RegisteredSubmission[] = [];
  readonly #events: ManifestEvent[] = [];
  readonly #journal: Journal<Row> | undefined;
  /** Records that do not exist, and records that are closed: patientIds `<INS>^^^&<oid>&ISO^NH`. */
  readonly unknownPatients = new Set<string>();
  readonly closedRecords = new Set<string>();

  constructor(dataDir?: string) {
    if (dataDir === undefined) return;
    this.#journal = new Journal(dataDir);
    for (const row of this.#journal.read()) this.#apply(row);
  }

  documents(): RegisteredDocument[] {
    return [...this.#documents.values()];
  }

  document(entryUUID: string): RegisteredDocument | undefined {
    return this.#documents.get(entryUUID);
  }

  submissions(): readonly RegisteredSubmission[] {
    return this.#submissions;
  }

  /** Of every study, in the order of their happening. */
  events(): readonly ManifestEvent[] {
    return this.#events;
  }

  approvedManifests(studyInstanceUID: string): RegisteredDocument[] {
    return this.documents().filter(
      (one) => one.kind === "manifest" && one.status === APPROVED && one.studyInstanceUID === studyInstanceUID,
    );
  }

  reset(): void {
    this.#documents.clear();
    this.#submissions.length = 0;
    this.#events.length = 0;
    this.unknownPatients.clear();
    this.closedRecords.clear();
    this.#journal?.clear();
  }

  /** Registers a submission that `rules.ts` found right; returns once it is on the disk, when there is one. */
  register(submission: Submission, documents: ReadonlyMap<string, Buffer>, vihf: Vihf, now: Date): void {
    const rows = submission.entries.map((entry) => rowOf(entry, submission, documents.get(entry.id), vihf.structure));
    this.#commit({ submission: submissionOf(submission, submission.entries, vihf, now), documents: rows });
  }

  /** Deletes what `rules.ts` found may be deleted, likewise. */
  delete(deletion: Deletion, vihf: Vihf, now: Date): void {
    this.#commit({ submission: submissionOf(deletion, [], vihf, now), documents: [], deleted: deletion.target });
  }

  #commit(row: Row): void {
    this.#journal?.append(row);
    this.#apply(row);
  }

  #apply({ submission, documents, deleted }: Row): void {
    this.#submissions.push(submission);
    for (const row of documents) {
      const document = { ...row, status: APPROVED, content: Buffer.from(row.content, "base64") };
      const replaced = this.#turn(document.replaces, DEPRECATED);
      this.#note(replaced === undefined ? "provide" : "replace", document, submission);
      this.#documents.set(document.entryUUID, document);
    }
    const gone = this.#turn(deleted, DELETED);
    if (gone !== undefined) this.#note("delete", gone, submission);
  }

  #turn(entryUUID: string | undefined, status: string): RegisteredDocument | undefined {
    const old = this.#documents.get(entryUUID ?? "");
    if (old !== undefined) this.#documents.set(old.entryUUID, { ...old, status });
    return old;
  }

  #note(action: ManifestEvent["action"], document: RegisteredDocument, by: RegisteredSubmission): void {
    const { kind, uniqueId, entryUUID, patientId, studyInstanceUID } = document;
    if (kind !== "manifest" || studyInstanceUID === undefined) return;
    const { structure, subject, receivedAt: at } = by;
    const approved = action === "delete" ? [] : this.approvedManifests(studyInstanceUID);
    const beside = approved.filter((one) => one.structure === structure).map((one) => one.uniqueId);
    this.#events.push({
      action,
      at,
      uniqueId,
      entryUUID,
      patientId,
      studyInstanceUID,
      structure,
      subject,
      beside,
    });
  }
}

function submissionOf(set: SubmissionSet, entries: readonly Entry[], vihf: Vihf, now: Date): RegisteredSubmission {
  return {
    uniqueId: set.uniqueId,
    patientId: set.patientId,
    structure: vihf.structure,
    subject: vihf.subject,
    receivedAt: now.toISOString(),
    documents: entries.map(({ uniqueId }) => uniqueId),
  };
}

function rowOf(
  entry: Entry,
  submission: Submission,
  content: Buffer = Buffer.alloc(0),
  structure: string,
): Row["documents"][number] {
  const entryUUID = `urn:uuid:${randomUUID()}`;
  return {
    entryUUID,
    uniqueId: entry.uniqueId,
    submissionSetUniqueId: submission.uniqueId,
    kind: entry.kind.name,
    patientId: entry.patientId,
    ...(entry.patientName === undefined ? {} : { patientName: entry.patientName }),
    structure,
    institutions: entry.institutions,
    mimeType: entry.kind.mimeType,
    sha1: sha1(content),
    size: content.length,
    ...(entry.studyInstanceUID === undefined ? {} : { studyInstanceUID: entry.studyInstanceUID }),
    ...(entry.replaces === undefined ? {} : { replaces: entry.replaces }),
    metadata: registered(entry.element, entryUUID),
    content: content.toString("base64"),
  };
}

/** The ExtrinsicObject with its identifiers made universal: symbolic ids are the sender's own. */
function registered(element: Element, entryUUID: string): string {
  const copy = element.cloneNode(true) as Element;
  copy.setAttribute("id", entryUUID);
  copy.setAttribute("lid", entryUUID);
  for (const part of descendants(copy, NS.rim, "*")) {
    if (part.hasAttribute("classifiedObject")) part.setAttribute("classifiedObject", entryUUID);
    if (part.hasAttribute("registryObject")) part.setAttribute("registryObject", entryUUID);
    if (part.hasAttribute("id")) part.setAttribute("id", `urn:uuid:${randomUUID()}`);
  }
  return new XMLSerializer().serializeToString(copy);
}

export function sha1(content: Uint8Array): string {
  return createHash("sha1").update(content).digest("hex");
}
