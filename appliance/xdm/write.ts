import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CodedError } from "../base/index.ts";
import { readDocument } from "../xds/index.ts";
import { type FileToZip, zip } from "../zip/index.ts";
import { INDEX, METADATA, manifestName, README, REPORTS, ROOT, SIGNATURE, submissionFolder } from "./layout.ts";
import { incomplete, openMetadata, place, serialise } from "./metadata.ts";
import type { ArchivedDocument, ArchivedSubmission, ArchiveFacts } from "./model.ts";
import { indexPage, type Listed, readmePage } from "./pages.ts";
import { writeReports } from "./reports.ts";
import { verifyDocument } from "./verify-document.ts";

export interface WriteOptions<Submission> {
  /** Told of a submission that cannot be archived, which is left out; without it, its fault ends the archive. */
  readonly onRefused?: (submission: Submission, fault: CodedError) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the archive of a month as a zip (ITI-32, ZIP over media) and ends `target`; gives the number of submission
 * sets. The same submissions make the same bytes. One of them is in memory at a time. A target that fails, or an
 * archive that does, is destroyed.
 *
 * Throws XDM_METADATA_UNREADABLE, XDM_METADATA_INCOMPLETE, XDM_DOCUMENT_ALTERED, XDM_VALUE_NOT_WRITABLE, XDM_TOO_MANY;
 * and what `target`, `submissions` and the signal throw, as it is.
 */
export async function writeXdm<Submission extends ArchivedSubmission>(
  target: Writable,
  facts: ArchiveFacts,
  submissions: AsyncIterable<Submission> | Iterable<Submission>,
  { signal, ...options }: WriteOptions<Submission> = {},
): Promise<number> {
  const listed: Listed[] = [];
  const files = filesOf(facts, submissions, listed, options);
  await pipeline(zip(files, facts), target, signal === undefined ? {} : { signal });
  return listed.length;
}

/** The files of an archive in their order; `listed` grows with its folders, the index comes last. */
async function* filesOf<Submission extends ArchivedSubmission>(
  facts: ArchiveFacts,
  submissions: AsyncIterable<Submission> | Iterable<Submission>,
  listed: Listed[],
  { onRefused }: WriteOptions<Submission>,
): AsyncGenerator<FileToZip> {
  yield { name: README, content: Buffer.from(readmePage(facts)) };
  for await (const submission of submissions) {
    const folder = submissionFolder(listed.length + 1);
    let files: FileToZip[];
    try {
      files = pack(submission);
    } catch (fault) {
      if (!(fault instanceof CodedError) || onRefused === undefined) throw fault;
      onRefused(submission, fault);
      continue;
    }
    for (const { name, content } of files) yield { name: `${ROOT}/${folder}/${name}`, content };
    listed.push({ folder, files: files.map(({ name }) => name) });
  }
  yield { name: INDEX, content: Buffer.from(indexPage(facts, listed)) };
}

/** The files of a submission set's folder: METADATA.XML first, with the place of each document. */
function pack({ metadata: source, manifests, signature, reports }: ArchivedSubmission): FileToZip[] {
  const metadata = openMetadata(source);
  const add = (name: string, { id, bytes, entryUUID }: ArchivedDocument): FileToZip => {
    const object = metadata.extrinsicObjects.find((node) => node.getAttribute("id") === id);
    if (object === undefined) throw incomplete(`ExtrinsicObject ${name}`);
    // A signature that does not fit its entry is kept as it was received.
    if (name !== SIGNATURE) verifyDocument(readDocument(object), bytes, name);
    place(metadata, object, { uri: name, ...(entryUUID !== undefined && { entryUUID }) });
    return { name, content: bytes };
  };
  const documents = manifests.map((manifest, index) => add(manifestName(index + 1), manifest));
  if (signature !== undefined) documents.push(add(SIGNATURE, signature));
  return [
    { name: METADATA, content: Buffer.from(serialise(metadata)) },
    ...documents,
    { name: REPORTS, content: Buffer.from(writeReports(reports)) },
  ];
}
