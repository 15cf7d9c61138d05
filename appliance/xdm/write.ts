import type { Writable } from "node:stream";
import { CodedError } from "../base/index.ts";
import { readDocument } from "../xds/index.ts";
import { xdmErrors } from "./errors.ts";
import { INDEX, METADATA, manifestName, README, REPORTS, ROOT, SIGNATURE, submissionFolder } from "./layout.ts";
import { openMetadata, place, serialise } from "./metadata.ts";
import type { ArchivedDocument, ArchivedSubmission, ArchiveFacts } from "./model.ts";
import { indexPage, type Listed, readmePage } from "./pages.ts";
import { writeReports } from "./reports.ts";
import { verifyDocument } from "./verify-document.ts";
import { ZipWriter } from "./zip-write.ts";

export interface WriteOptions<Submission> {
  /** Told of a submission that cannot be archived, which is left out; without it, its fault ends the archive. */
  readonly onRefused?: (submission: Submission, fault: CodedError) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the archive of a month as a zip (ITI-32, ZIP over media) and ends `target`; gives the number of submission
 * sets. The same submissions make the same bytes. One of them is in memory at a time.
 *
 * Throws XDM_METADATA_UNREADABLE, XDM_METADATA_INCOMPLETE, XDM_DOCUMENT_ALTERED, XDM_VALUE_NOT_WRITABLE,
 * XDM_TOO_MANY; and what `target`, `submissions` and the signal throw, as it is.
 */
export async function writeXdm<Submission extends ArchivedSubmission>(
  target: Writable,
  facts: ArchiveFacts,
  submissions: AsyncIterable<Submission> | Iterable<Submission>,
  { onRefused, signal }: WriteOptions<Submission> = {},
): Promise<number> {
  const zip = new ZipWriter(target, facts, signal);
  const listed: Listed[] = [];
  try {
    await zip.add(README, Buffer.from(readmePage(facts)));
    for await (const submission of submissions) {
      const folder = submissionFolder(listed.length + 1);
      let files: ReturnType<typeof pack>;
      try {
        files = pack(submission);
      } catch (fault) {
        if (!(fault instanceof CodedError) || onRefused === undefined) throw fault;
        onRefused(submission, fault);
        continue;
      }
      for (const [name, bytes] of files) await zip.add(`${ROOT}/${folder}/${name}`, bytes);
      listed.push({ folder, files: files.map(([name]) => name) });
    }
    await zip.add(INDEX, Buffer.from(indexPage(facts, listed)));
    await zip.end();
  } catch (error) {
    target.destroy();
    throw error;
  }
  return listed.length;
}

/** The files of a submission set's folder: METADATA.XML first, with the place of each document. */
function pack({ metadata: source, manifests, signature, reports }: ArchivedSubmission): [name: string, Uint8Array][] {
  const metadata = openMetadata(source);
  const named: [string, ArchivedDocument][] = manifests.map((one, index) => [manifestName(index + 1), one]);
  if (signature !== undefined) named.push([SIGNATURE, signature]);
  for (const [name, { id, bytes, entryUUID }] of named) {
    const object = metadata.extrinsicObjects.find((node) => node.getAttribute("id") === id);
    if (object === undefined)
      throw xdmErrors.fault("XDM_METADATA_INCOMPLETE", { details: { missing: `ExtrinsicObject ${name}` } });
    if (name !== SIGNATURE) verifyDocument(readDocument(object), bytes, name);
    place(metadata, object, { uri: name, ...(entryUUID !== undefined && { entryUUID }) });
  }
  return [
    [METADATA, Buffer.from(serialise(metadata))],
    ...named.map(([name, { bytes }]): [string, Uint8Array] => [name, bytes]),
    [REPORTS, Buffer.from(writeReports(reports))],
  ];
}
