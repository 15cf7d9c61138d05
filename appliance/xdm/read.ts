import { asCoded, said } from "../base/index.ts";
import { ASSOCIATION, children, type Element, NS, type RegistryDocument, readDocument, UUID } from "../xds/index.ts";
import { xdmErrors } from "./errors.ts";
import { METADATA, REPORTS, ROOT } from "./layout.ts";
import { MAX_DOCUMENT_BYTES, MAX_SUBMISSION_BYTES, MAX_SUBMISSIONS, MAX_TEXT_BYTES, MAX_XML_BYTES } from "./limits.ts";
import { incomplete, isEntryUUID, type Metadata, openMetadata, serialise } from "./metadata.ts";
import type { FolderOutcome, Outcome, ReadManifest, ReadSubmission } from "./model.ts";
import { readReports } from "./reports.ts";
import { verifyDocument } from "./verify-document.ts";
import { openZip, type ZippedFile, type ZipReader } from "./zip-read.ts";

export interface ReadOptions {
  /** Folders to leave out at the start: those of an import that was interrupted. Default 0. */
  readonly skip?: number;
  readonly signal?: AbortSignal;
}

/**
 * The submission sets of an XDM zip, one in memory at a time, in the order of their names: ours, and those of the ANS
 * example, which stand one folder deeper and keep the whole SOAP message as metadata. A submission set that is damaged
 * or incomplete yields its fault and the next follows.
 *
 * Throws XDM_ZIP_UNREADABLE, XDM_ZIP_REFUSED or XDM_NO_SUBMISSION when nothing of the archive can be used, and the
 * signal's reason.
 */
export async function* readXdm(file: string, { skip = 0, signal }: ReadOptions = {}): AsyncGenerator<FolderOutcome> {
  const zip = await openZip(file);
  try {
    const folders = foldersOf(zip.files);
    const total = folders.length;
    for (const [index, folder] of folders.entries()) {
      if (index < skip) continue;
      signal?.throwIfAborted();
      yield { folder: folder.name, position: index + 1, total, ...(await outcomeOf(zip, folder)) };
    }
  } finally {
    await zip.close();
  }
}

/** A submission set's folder: its files by their names inside it, in upper case. */
interface Folder {
  readonly name: string;
  readonly files: ReadonlyMap<string, ZippedFile>;
}

/** `IHE_XDM/<folder>/<file>`, at the root or below a month's folder. */
const PLACE = new RegExp(`^((?:[^/]+/)?${ROOT}/[^/]+)/(.*[^/])$`, "i");

function foldersOf(files: readonly ZippedFile[]): Folder[] {
  const folders = new Map<string, Map<string, ZippedFile>>();
  for (const file of files) {
    const [, folder, name] = PLACE.exec(file.name) ?? [];
    if (folder === undefined || name === undefined) continue;
    const key = folder.toUpperCase();
    const content = folders.get(key) ?? new Map<string, ZippedFile>();
    folders.set(key, content.set(name.toUpperCase(), file));
  }
  if (folders.size === 0) throw xdmErrors.fault("XDM_NO_SUBMISSION");
  if (folders.size > MAX_SUBMISSIONS) throw xdmErrors.fault("XDM_TOO_MANY", { details: { what: "submissions" } });
  const found = [...folders].map(([name, content]) => ({ name, files: content }));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function outcomeOf(zip: ZipReader, folder: Folder): Promise<Outcome> {
  try {
    return { submission: await readFolder(zip, folder) };
  } catch (cause) {
    return { fault: asCoded(cause, () => xdmErrors.fault("XDM_FILE_DAMAGED", { where: folder.name, cause })) };
  }
}

async function readFolder(zip: ZipReader, folder: Folder): Promise<ReadSubmission> {
  const bytes = [...folder.files.values()].reduce((sum, { size }) => sum + size, 0);
  if (bytes > MAX_SUBMISSION_BYTES)
    throw xdmErrors.fault("XDM_FILE_TOO_LARGE", { details: { limit: MAX_SUBMISSION_BYTES }, where: folder.name });

  const metadata = openMetadata(await zip.read(required(folder, folder.files.get(METADATA), METADATA), MAX_XML_BYTES));
  const reports = folder.files.get(REPORTS);
  const [first, ...others] = await readManifests(zip, folder, metadata);
  if (first === undefined) throw incomplete("a manifest (application/dicom)");
  return {
    metadata: serialise(metadata),
    submissionSet: readSubmissionSet(metadata.registryPackage),
    manifests: [first, ...others],
    ...said({ signature: await readSignature(zip, folder, metadata) }),
    reports: reports === undefined ? [] : readReports((await zip.read(reports, MAX_TEXT_BYTES)).toString("utf8")),
  };
}

function readSubmissionSet(registryPackage: Element): ReadSubmission["submissionSet"] {
  const identifier = (scheme: string) => identifierOf(registryPackage, (node) => schemeOf(node) === scheme);
  const uniqueId = identifier(UUID.setUniqueId);
  if (uniqueId === undefined) throw incomplete("XDSSubmissionSet.uniqueId");
  return said({ uniqueId, patientId: identifier(UUID.setPatientId), sourceId: identifier(UUID.setSourceId) });
}

async function readManifests(zip: ZipReader, folder: Folder, metadata: Metadata): Promise<ReadManifest[]> {
  const objects = metadata.extrinsicObjects.filter((node) => node.getAttribute("mimeType") === "application/dicom");
  const manifests: ReadManifest[] = [];
  for (const object of objects) {
    const entry = readDocument(object);
    if (entry.uniqueId === undefined) throw incomplete("XDSDocumentEntry.uniqueId");
    // Where the metadata name no file, an only manifest is the only DICOM file: its hash says whether it is the one.
    const file = fileOf(folder, entry) ?? (objects.length === 1 ? onlyFile(folder, /\.DCM$/) : undefined);
    const bytes = await zip.read(required(folder, file, "manifest"), MAX_DOCUMENT_BYTES);
    verifyDocument(entry, bytes, file?.name ?? folder.name);
    manifests.push({
      ...said({ entryUUID: entryUUIDOf(object), studyInstanceUID: studyOf(entry.referenceIdList) }),
      id: entry.entryUUID,
      entry,
      bytes,
    });
  }
  return manifests;
}

/** The document whose entry signs the submission set, where its URI says it is, or else its name. */
async function readSignature(
  zip: ZipReader,
  folder: Folder,
  metadata: Metadata,
): Promise<ReadSubmission["signature"] | undefined> {
  const signs = metadata.associations.find((node) => node.getAttribute("associationType") === ASSOCIATION.signs);
  const source = signs?.getAttribute("sourceObject");
  const object = metadata.extrinsicObjects.find((node) => node.getAttribute("id") === source);
  if (object === undefined) return undefined;
  const entry = readDocument(object);
  const file = fileOf(folder, entry) ?? onlyFile(folder, /^SIGN.*\.XML$/);
  if (file === undefined) return undefined;
  const bytes = await zip.read(file, MAX_XML_BYTES);
  return { ...said({ entryUUID: entryUUIDOf(object) }), id: entry.entryUUID, bytes, intact: isIntact(entry, bytes) };
}

function isIntact(entry: RegistryDocument, bytes: Uint8Array): boolean {
  try {
    verifyDocument(entry, bytes, METADATA);
    return true;
  } catch {
    return false;
  }
}

/** The file that an entry's URI names, relative to the folder or, as the ANS example writes it, to IHE_XDM. */
function fileOf(folder: Folder, { slots }: RegistryDocument): ZippedFile | undefined {
  const uri = slots.get("URI")?.[0]?.toUpperCase();
  const own = `${folder.name.slice(folder.name.lastIndexOf("/") + 1)}/`;
  return uri === undefined ? undefined : folder.files.get(uri.startsWith(own) ? uri.slice(own.length) : uri);
}

function onlyFile(folder: Folder, pattern: RegExp): ZippedFile | undefined {
  const found = [...folder.files].filter(([name]) => pattern.test(name));
  return found.length === 1 ? found[0]?.[1] : undefined;
}

function required(folder: Folder, file: ZippedFile | undefined, what: string): ZippedFile {
  if (file === undefined) throw xdmErrors.fault("XDM_DOCUMENT_MISSING", { where: `${folder.name}/${what}` });
  return file;
}

/** The registry's own identifier: a UUID as `id`, or where the ANS example puts it. A symbolic id is none. */
function entryUUIDOf(object: Element): string | undefined {
  const found = [object.getAttribute("id"), identifierOf(object, isEntryUUID)].map(
    (id) => UUID_FORM.exec(id ?? "")?.[1],
  );
  const uuid = found.find((one) => one !== undefined);
  return uuid && `urn:uuid:${uuid.toLowerCase()}`;
}

const UUID_FORM = /^(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function identifierOf(object: Element, wanted: (identifier: Element) => boolean): string | undefined {
  return children(object, NS.rim, "ExternalIdentifier").find(wanted)?.getAttribute("value") || undefined;
}

const schemeOf = (node: Element) => node.getAttribute("identificationScheme");

/** CXi of a study (ITI TF-3 4.2.3.2.28): by the standard without authority, in the ANS example with one. */
function studyOf(referenceIdList: readonly string[]): string | undefined {
  return referenceIdList.map((value) => value.split("^")).find((parts) => parts[4] === STUDY_TYPE)?.[0];
}

const STUDY_TYPE = "urn:ihe:iti:xds:2016:studyInstanceUID";
