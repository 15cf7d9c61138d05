/**
 * What has been registered: in memory, and one line of JSON a submission in a file when a folder is given, written and
 * synced before the answer so that the record outlives a killed process as a national one would.
 */
import { createHash, randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { XMLSerializer } from "@xmldom/xmldom";
import { APPROVED, DEPRECATED, MANIFEST } from "./codes.ts";
import type { Entry } from "./entry.ts";
import type { Submission } from "./metadata.ts";
import { descendants, type Element, type Findings, NS } from "./xml.ts";

export interface RegisteredDocument {
  readonly entryUUID: string;
  readonly uniqueId: string;
  readonly submissionSetUniqueId: string;
  readonly kind: "manifest" | "signature";
  readonly patientId: string;
  readonly structure: string;
  readonly mimeType: string;
  readonly status: string;
  readonly sha1: string;
  readonly size: number;
  readonly studyInstanceUID?: string;
  /** The ExtrinsicObject as a query returns it, status apart. */
  readonly metadata: string;
  readonly content: Buffer;
}

export interface RegisteredSubmission {
  readonly uniqueId: string;
  readonly patientId: string;
  readonly structure: string;
  /** ISO 8601, the stand-in's clock. */
  readonly receivedAt: string;
  readonly documents: readonly string[];
}

interface Row {
  readonly submission: RegisteredSubmission;
  readonly documents: readonly (Omit<RegisteredDocument, "content" | "status"> & { readonly content: string })[];
  readonly deprecated: readonly string[];
}

export class Registry {
  readonly #documents = new Map<string, RegisteredDocument>();
  readonly #submissions: RegisteredSubmission[] = [];
  readonly #journal: string | undefined;
  /** Records that do not exist, and records that are closed: patientIds `<INS>^^^&<oid>&ISO^NH`. */
  readonly unknownPatients = new Set<string>();
  readonly closedRecords = new Set<string>();

  constructor(dataDir?: string) {
    if (dataDir === undefined) return;
    mkdirSync(dataDir, { recursive: true });
    this.#journal = join(dataDir, "registry.jsonl");
    if (!existsSync(this.#journal)) return;
    // A line without its end was cut by a kill before the answer: it was never registered.
    const text = readFileSync(this.#journal, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole !== text) writeFileSync(this.#journal, whole);
    for (const line of whole.split("\n").slice(0, -1)) this.#apply(JSON.parse(line) as Row);
  }

  documents(): RegisteredDocument[] {
    return [...this.#documents.values()];
  }

  submissions(): readonly RegisteredSubmission[] {
    return this.#submissions;
  }

  reset(): void {
    this.#documents.clear();
    this.#submissions.length = 0;
    this.unknownPatients.clear();
    this.closedRecords.clear();
    if (this.#journal !== undefined) rmSync(this.#journal, { force: true });
  }

  /** What the present content of the registry has against a submission that is right in itself. */
  check(submission: Submission, documents: ReadonlyMap<string, Buffer>, findings: Findings): void {
    const { patientId } = submission;
    findings.check(
      !this.unknownPatients.has(patientId),
      "XDSUnknownPatientId",
      "patientId",
      "this patient has no record",
    );
    findings.check(!this.closedRecords.has(patientId), "DMPClosed", "patientId", "this record is closed");
    if (this.#submissions.some(({ uniqueId }) => uniqueId === submission.uniqueId)) {
      findings.add("XDSDuplicateUniqueIdInRegistry", "SubmissionSet.uniqueId", `${submission.uniqueId} is registered`);
    }
    for (const { id, uniqueId, replaces } of submission.entries) {
      const known = this.documents().find((document) => document.uniqueId === uniqueId);
      if (known !== undefined) {
        const same = sha1(documents.get(id)) === known.sha1;
        const code = same ? "XDSDuplicateUniqueIdInRegistry" : "XDSNonIdenticalHash";
        findings.add(code, "DocumentEntry.uniqueId", `${uniqueId} is registered${same ? "" : " with other content"}`);
      }
      if (replaces !== undefined) this.#checkReplaced(replaces, patientId, findings);
    }
  }

  /** Registers and, when the registry is on disk, returns only once it is there. */
  register(submission: Submission, documents: ReadonlyMap<string, Buffer>, structure: string, now: Date): void {
    const row: Row = {
      submission: {
        uniqueId: submission.uniqueId,
        patientId: submission.patientId,
        structure,
        receivedAt: now.toISOString(),
        documents: submission.entries.map(({ uniqueId }) => uniqueId),
      },
      documents: submission.entries.map((entry) => rowOf(entry, submission, documents.get(entry.id), structure)),
      deprecated: submission.entries.flatMap(({ replaces }) => replaces ?? []),
    };
    if (this.#journal !== undefined) append(this.#journal, JSON.stringify(row));
    this.#apply(row);
  }

  #checkReplaced(entryUUID: string, patientId: string, findings: Findings): void {
    const old = this.#documents.get(entryUUID);
    if (old === undefined || old.kind !== MANIFEST.name) {
      findings.add("UnresolvedReferenceException", "Association/RPLC", `${entryUUID} is not a registered manifest`);
    } else {
      const approved = old.status === APPROVED;
      findings.check(approved, "XDSRegistryDeprecatedDocumentError", "Association/RPLC", `${entryUUID} is deprecated`);
      findings.check(
        old.patientId === patientId,
        "XDSPatientIdDoesNotMatch",
        "Association/RPLC",
        "is another patient's",
      );
    }
  }

  #apply({ submission, documents, deprecated }: Row): void {
    this.#submissions.push(submission);
    for (const row of documents) {
      const document = { ...row, status: APPROVED, content: Buffer.from(row.content, "base64") };
      this.#documents.set(document.entryUUID, document);
    }
    for (const entryUUID of deprecated) {
      const old = this.#documents.get(entryUUID);
      if (old !== undefined) this.#documents.set(entryUUID, { ...old, status: DEPRECATED });
    }
  }
}

function rowOf(
  entry: Entry,
  submission: Submission,
  content: Buffer | undefined,
  structure: string,
): Row["documents"][number] {
  const entryUUID = `urn:uuid:${randomUUID()}`;
  return {
    entryUUID,
    uniqueId: entry.uniqueId,
    submissionSetUniqueId: submission.uniqueId,
    kind: entry.kind.name,
    patientId: entry.patientId,
    structure,
    mimeType: entry.kind.mimeType,
    sha1: sha1(content),
    size: content?.length ?? 0,
    ...(entry.studyInstanceUID === undefined ? {} : { studyInstanceUID: entry.studyInstanceUID }),
    metadata: registered(entry.element, entryUUID),
    content: (content ?? Buffer.alloc(0)).toString("base64"),
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

function sha1(content: Buffer | undefined): string {
  return createHash("sha1")
    .update(content ?? "")
    .digest("hex");
}

function append(file: string, line: string): void {
  const descriptor = openSync(file, "a", 0o600);
  try {
    writeFileSync(descriptor, `${line}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
