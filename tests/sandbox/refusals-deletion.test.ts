/** ITI-57: how strictly a deletion must be written. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedSamples } from "../support/samples.ts";
import { type LifeRow, leavesAsItIs, useManifest } from "./life.ts";
import { cut, replacing, swap } from "./submission.ts";

const METADATA = "XDSRegistryMetadataError";
const UPDATE_ERROR = "XDSMetadataUpdateError";
const OPERATION = "XDSMetadataUpdateOperationError";
const UNRESOLVED = "UnresolvedReferenceException";

const without = (attributeName: string) =>
  cut(
    new RegExp(
      `<ExternalIdentifier [^>]*><Name><LocalizedString [^>]*value="${attributeName}".*?</ExternalIdentifier>`,
    ),
  );
const slotValue = (name: string, value: string) =>
  cut(new RegExp(`(<Slot name="${name}">.*?<Value>)[^<]*`), `$1${value}`);
const beforeEnd = (xml: string) => swap("</RegistryObjectList>", `${xml}</RegistryObjectList>`);

const FORM: readonly LifeRow[] = [
  ["a request of another transaction", { metadata: () => "<x xmlns='urn:x'/>" }, METADATA, /SubmitObjectsRequest/],
  [
    "something beside the list",
    { metadata: swap("<RegistryObjectList", '<x xmlns="urn:x"/><RegistryObjectList') },
    METADATA,
    /more than the RegistryObjectList/,
  ],
  ["no submission set", { metadata: cut(/<RegistryPackage.*<\/RegistryPackage>/s) }, METADATA, /0 RegistryPackage/],
  [
    "two submission sets",
    { metadata: cut(/(<RegistryPackage id=")(SubmissionSet01".*<\/RegistryPackage>)/s, "$1$2$1x$2") },
    METADATA,
    /2 RegistryPackage/,
  ],
  [
    "a set without submissionTime",
    { metadata: cut(/<Slot name="submissionTime">.*?<\/Slot>/) },
    METADATA,
    /submissionTime/,
  ],
  [
    "a set without author",
    { metadata: cut(/<Classification [^>]*a7058bb9.*?<\/Classification>/) },
    METADATA,
    /author: none/,
  ],
  [
    "a set without contentTypeCode",
    { metadata: cut(/<Classification [^>]*aa543740.*?<\/Classification>/) },
    METADATA,
    /contentTypeCode/,
  ],
  [
    "a set without its mark",
    { metadata: cut(/<Classification [^>]*a54d6aa5[^>]*\/>/) },
    METADATA,
    /classified as a submission set/,
  ],
  ["a set without sourceId", { metadata: without("XDSSubmissionSet.sourceId") }, METADATA, /sourceId/],
  ["a set without uniqueId", { metadata: without("XDSSubmissionSet.uniqueId") }, METADATA, /uniqueId/],
  ["a set without patientId", { metadata: without("XDSSubmissionSet.patientId") }, METADATA, /patientId/],
  ["an association without id", { metadata: swap(' id="a1"', "") }, METADATA, /attribute id is missing/],
  [
    "a Slot after the Name of the association",
    { metadata: cut(/(<Association [^>]*>)/, "$1<Name/>") },
    METADATA,
    /Slot is out of order/,
  ],
  [
    "a document entry",
    {
      metadata: swap(
        "</RegistryPackage>",
        '</RegistryPackage><ExtrinsicObject id="d" objectType="urn:x" mimeType="text/xml"/>',
      ),
    },
    OPERATION,
    /submits no entry/,
  ],
  [
    "a member of the set",
    {
      metadata: beforeEnd(
        '<Association id="a2" associationType="urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember" sourceObject="SubmissionSet01" targetObject="x"/>',
      ),
    },
    OPERATION,
    /HasMember has no business/,
  ],
  ["a replacement", ({ manifest }) => ({ metadata: replacing(manifest.entryUUID) }), OPERATION, /RPLC has no business/],
  ["no association", { metadata: cut(/<Association.*<\/Association>/s) }, UPDATE_ERROR, /0 UpdateAvailabilityStatus/],
  [
    "two deletions at once",
    { metadata: cut(/(<Association id=")(a1.*<\/Association>)/s, "$1$2$1b$2") },
    UPDATE_ERROR,
    /2 UpdateAvailabilityStatus/,
  ],
  [
    "another source",
    { metadata: swap('sourceObject="SubmissionSet01"', 'sourceObject="Manifest01"') },
    METADATA,
    /sourceObject/,
  ],
  [
    "a symbolic target",
    { metadata: cut(/targetObject="[^"]*"/, 'targetObject="Manifest01"') },
    UNRESOLVED,
    /not an entryUUID/,
  ],
  [
    "a uniqueId as target",
    ({ ids }) => ({ metadata: cut(/targetObject="[^"]*"/, `targetObject="${ids.sop}"`) }),
    UNRESOLVED,
    /not an entryUUID/,
  ],
  ["no OriginalStatus", { metadata: cut(/<Slot name="OriginalStatus">.*?<\/Slot>/) }, UPDATE_ERROR, /each once/],
  ["no NewStatus", { metadata: cut(/<Slot name="NewStatus">.*?<\/Slot>/) }, UPDATE_ERROR, /each once/],
  ["NewStatus twice", { metadata: cut(/(<Slot name="NewStatus">.*?<\/Slot>)/, "$1$1") }, UPDATE_ERROR, /each once/],
  [
    "two values of NewStatus",
    { metadata: cut(/(<Value>urn:asip[^<]*<\/Value>)/, "$1$1") },
    UPDATE_ERROR,
    /Deleted and urn/,
  ],
  [
    "archiving, which is not for a source",
    { metadata: swap("StatusType:Deleted", "StatusType:Archived") },
    UPDATE_ERROR,
    /NewStatus is .*Archived/,
  ],
  [
    "Deleted in the namespace of ebRIM",
    { metadata: slotValue("NewStatus", "urn:oasis:names:tc:ebxml-regrep:StatusType:Deleted") },
    UPDATE_ERROR,
    /NewStatus is/,
  ],
  [
    "an original status that is none of an active document",
    { metadata: slotValue("OriginalStatus", "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated") },
    UPDATE_ERROR,
    /OriginalStatus is/,
  ],
];

const life = useManifest();
leavesAsItIs("a deletion for its form", life, ({ remove }, hooks) => remove(hooks), FORM);

const samples = sharedSamples();
const folder = join(samples ?? "", "xds/nist-toolkit2/iti-57/update-availability-status-syntax-errors-20002/eval");

describe.skipIf(samples === undefined)("the mistakes of the IHE toolkit (skipped when ../shared is absent)", () => {
  it.each(samples === undefined ? [] : readdirSync(folder))("%s", async (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const association =
      /<rim:Association [^>]*UpdateAvailabilityStatus">(.*?)<\/rim:Association>/s.exec(text)?.[1] ?? "";
    const slots = association.replaceAll("rim:", "");
    const theirs = cut(/(<Association [^>]*>).*(<\/Association>)/s, `$1${slots}$2`);
    const reply = await life().remove({ metadata: theirs });
    expect(new Set(reply.codes)).toEqual(new Set([UPDATE_ERROR]));
  });
});
