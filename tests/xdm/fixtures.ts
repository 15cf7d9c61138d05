import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { ArchivedSubmission, ArchiveFacts, FolderOutcome, ReadSubmission } from "../../appliance/xdm/index.ts";
import { readXdm, writeXdm } from "../../appliance/xdm/index.ts";
import { ASSOCIATION, submitObjectsRequest } from "../../appliance/xds/index.ts";
import { metadata } from "../xds/fixtures.ts";

export const facts: ArchiveFacts = {
  year: 2026,
  month: 11,
  site: { name: 'Clinique <"Éluard"> & fils', identifier: "1750099999", contact: "01 00 00 00 00" },
  software: { name: "DRIMbox", version: "1.2", manufacturer: "DRIMbox" },
};

/** The submission of manifest number `n`, as the DMP room keeps it. */
export function submission(n: number): ArchivedSubmission {
  const manifest = Buffer.from(`manifest ${n} ${"·".repeat(n)}`);
  const signature = Buffer.from(`<Signature n="${n}"/>`);
  const entry = metadata.documents[0]!;
  const described = (bytes: Buffer) => ({ hash: sha1(bytes), size: bytes.length });
  const study = `2.25.${n}000^^^^urn:ihe:iti:xds:2016:studyInstanceUID`;
  const xml = submitObjectsRequest({
    submissionSet: { ...metadata.submissionSet, uniqueId: `2.25.${n}1` },
    documents: [
      {
        ...entry,
        ...described(manifest),
        uniqueId: `2.25.${n}2`,
        referenceIdList: [...entry.referenceIdList!, study],
      },
      { ...entry, ...described(signature), id: "Signature01", mimeType: "text/xml", uniqueId: `2.25.${n}3` },
    ],
    associations: [{ type: ASSOCIATION.signs, source: "Signature01", target: "SubmissionSet01" }],
  }).xml;
  const uuid = `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  return {
    metadata: xml,
    manifests: [{ id: "DocumentKOS", bytes: manifest, entryUUID: uuid }],
    signature: { id: "Signature01", bytes: signature },
    reports: [report(n)],
  };
}

export function report(n: number) {
  const patient = { ins: "285017500000130", insOid: "1.2.250.1.213.1.4.10", ipp: `IPP${n}`, ippOid: "1.2.3" };
  return { root: "1.2.250.9", extension: `CR${n}`, ...patient };
}

export async function write(
  file: string,
  submissions: Iterable<ArchivedSubmission> | AsyncIterable<ArchivedSubmission>,
): Promise<number> {
  return writeXdm(createWriteStream(file), facts, submissions);
}

export async function read(file: string): Promise<FolderOutcome[]> {
  return collect(readXdm(file));
}

/** The submissions of an archive of which every folder is good. */
export async function readAll(file: string): Promise<ReadSubmission[]> {
  return (await read(file)).map((outcome) => {
    if ("fault" in outcome) throw outcome.fault;
    return outcome.submission;
  });
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}
