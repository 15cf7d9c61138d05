import { NEIGHBOUR, SITE } from "../../scripts/sandbox/pki.ts";
import { minutesAgo, type Row, refuses, useStand } from "./refusals.ts";
import { cut, INS, newIds, swap } from "./submission.ts";

const METADATA = "XDSRegistryMetadataError";
const REPOSITORY = "XDSRepositoryMetadataError";
const CONTENT = "InvalidDocumentContent";
const TOGETHER: readonly Row[] = [
  [
    "an entry of another patient",
    { metadata: cut(/(<ExtrinsicObject id="Manifest01".*?)285017500000130/s, "$1279035121518989") },
    "XDSPatientIdDoesNotMatch",
    /Manifest01/,
  ],
  [
    "the VIHF of another patient",
    { assertion: swap(INS, "279035121518989") },
    "XDSPatientIdDoesNotMatch",
    /resource-id/,
  ],
  [
    "an INS of production",
    { metadata: swap("1.2.250.1.213.1.4.10&amp;ISO^NH", "1.2.250.1.213.1.4.8&amp;ISO^NH") },
    METADATA,
    /test INS/,
  ],
  ["an INS with a wrong key", { metadata: swap(INS, "285017500000131") }, METADATA, /right key/],
  ["a patientId that is no CX", { metadata: swap("&amp;ISO^NH", "&amp;ISO^PI") }, METADATA, /ISO\^NH/],
  [
    "authors of another structure",
    { metadata: swap(`IDNST^^^${SITE.id}`, `IDNST^^^${NEIGHBOUR.id}`) },
    "LocalPolicyRestrictionError",
    /EX_2\.1-1140/,
  ],
  [
    "no content type",
    { metadata: cut(/<Classification [^>]*nodeRepresentation="04">.*?<\/Classification>/) },
    METADATA,
    /contentTypeCode/,
  ],
  [
    "a package that is no submission set",
    { metadata: cut(/<Classification [^>]*classificationNode[^>]*>/) },
    METADATA,
    /submission set/,
  ],
  [
    "no sourceId",
    { metadata: cut(/<ExternalIdentifier [^>]*554ac39e.*?<\/ExternalIdentifier>/) },
    METADATA,
    /sourceId/,
  ],
  [
    "no HasMember for the signature",
    { metadata: cut(/<Association [^>]*targetObject="Signature01">.*?<\/Association>/) },
    METADATA,
    /HasMember from SubmissionSet01 to Signature01/,
  ],
  ["HasMember without Original", { metadata: swap("Original", "Reference") }, METADATA, /not Original/],
  [
    "no signature document",
    { metadata: cut(/<ExtrinsicObject id="Signature01".*?<\/ExtrinsicObject>/s) },
    METADATA,
    /exactly one signature document/,
  ],
  [
    "no manifest",
    { metadata: cut(/<ExtrinsicObject id="Manifest01".*?<\/ExtrinsicObject>/s) },
    METADATA,
    /no manifest is submitted/,
  ],
  [
    "no signs",
    {
      metadata: cut(
        /<Association id="[^"]*" associationType="urn:ihe:iti:2007:AssociationType:signs".*?<\/Association>/,
      ),
    },
    METADATA,
    /signs/,
  ],
  [
    "an association of another kind",
    { metadata: swap("AssociationType:signs", "AssociationType:APND") },
    METADATA,
    /APND has no business/,
  ],
  [
    "one uniqueId for two documents",
    () => {
      const { sop, set, study } = newIds();
      return { ids: { sop, signature: sop, set, study } };
    },
    "XDSRepositoryDuplicateUniqueIdInMessage",
    /twice/,
  ],
  [
    "a hash of other bytes",
    { metadata: cut(/(name="hash"><ValueList><Value>)[\da-f]{40}/, `$1${"0".repeat(40)}`) },
    REPOSITORY,
    /hash: the document's SHA-1/,
  ],
  [
    "a size of other bytes",
    { metadata: cut(/(name="size"><ValueList><Value>)\d+/, "$112") },
    REPOSITORY,
    /size: the document has/,
  ],
  [
    "a Document for no entry",
    { envelope: swap('<Document id="Manifest01">', '<Document id="Manifest02">') },
    ["XDSMissingDocument", "XDSMissingDocumentMetadata"],
    /no Document/,
  ],
  [
    "the same part for two documents",
    { envelope: swap("cid:d1%40test", "cid:d0%40test") },
    "XDSRepositoryError",
    /already that of another/,
  ],
  [
    "a cid of no part",
    { envelope: swap("cid:d1%40test", "cid:d9%40test") },
    "XDSRepositoryError",
    /does not name a part/,
  ],
  ["a document inline", { envelope: cut(/<xop:Include [^>]*d1[^>]*>/, "AAAA") }, "XDSRepositoryError", /not inline/],
  [
    "a part that nothing names",
    {
      body: swap(
        "--frontier--",
        "--frontier\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <d2@test>\r\n\r\n<x/>\r\n--frontier--",
      ),
    },
    "XDSRepositoryError",
    /no xop:Include names it/,
  ],
];

const SIGNATURE: readonly Row[] = [
  ["a signature document that is no XML", { signature: (xml) => xml.slice(1) }, CONTENT, /well-formed/],
  [
    "another digest of the manifest document",
    { manifest: cut(/(<DigestValue>)[^A][^<]*/, `$1${"A".repeat(27)}=`) },
    CONTENT,
    /DigestValue is not/,
  ],
  [
    "the manifest not referenced",
    {
      manifest: cut(
        /<Reference URI="urn:oid:2\.25\.\d+"><DigestMethod Algorithm="[^"]*"><\/DigestMethod><DigestValue>[^A][^<]*<\/DigestValue><\/Reference>/,
      ),
    },
    CONTENT,
    /is not referenced/,
  ],
  [
    "the submission set not referenced",
    { manifest: cut(/<Reference [^>]*>(?:(?!<\/Reference>).)*AA==.*?<\/Reference>/) },
    CONTENT,
    /submission set is not referenced/,
  ],
  [
    "a reference to something else",
    { manifest: cut(/(<Reference .*?<\/Reference>)/, '$1<Reference URI="urn:oid:2.25.3"></Reference>') },
    CONTENT,
    /not in the submission/,
  ],
  [
    "Manifest changed after signature",
    { signature: swap('Id="IHEManifest"', 'Id="IHEManifest" x="1"') },
    CONTENT,
    /DigestValue is not/,
  ],
  [
    "SignedInfo changed after signature",
    {
      signature: swap(
        '<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#">',
        '<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#" Id="s">',
      ),
    },
    CONTENT,
    /SignatureValue/,
  ],
  [
    "one id twice in the signature",
    { signature: swap("</Signature>", '<Object Id="IHEManifest"></Object></Signature>') },
    CONTENT,
    /2 elements have the id/,
  ],
  [
    "SignedProperties not signed",
    { signedInfo: cut(/<Reference Type="[^"]*SignedProperties".*?<\/Reference>/) },
    CONTENT,
    /two References/,
  ],
  [
    "another SigningCertificate",
    { properties: cut(/(<CertDigest>.*?<DigestValue>)..../, "$1AAAA") },
    CONTENT,
    /DigestValue is not/,
  ],
  ["another serial number", { properties: cut(/(<X509SerialNumber [^>]*>)\d/, "$19") }, CONTENT, /serial/],
  [
    "a signature of the future",
    () => ({ properties: cut(/(<SigningTime>)[^<]*/, `$1${minutesAgo(-60)}`) }),
    CONTENT,
    /future/,
  ],
  [
    "no purpose",
    { signature: swap("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12.1.1") },
    CONTENT,
    /SignatureProperty/,
  ],
  ["signed by an unknown authority", ({ untrusted }) => ({ setSigner: untrusted }), CONTENT, /does not chain/],
  ["signed by an AUTH_CLI certificate", ({ pki }) => ({ setSigner: pki.structures[0].auth }), CONTENT, /key usage/],
  ["signed by the neighbour", ({ pki }) => ({ setSigner: pki.structures[1].sign }), CONTENT, /the VIHF is of/],
  [
    "a Target that is another signature",
    {
      signature: swap(
        '<QualifyingProperties xmlns="http://uri.etsi.org/01903/v1.1.1#" Target="#',
        '<QualifyingProperties xmlns="http://uri.etsi.org/01903/v1.1.1#" Target="#0',
      ),
    },
    CONTENT,
    /Target is not the signature/,
  ],
  ["another issuer name", { properties: swap("SANDBOX AC ELEMENTAIRE", "SANDBOX AC") }, CONTENT, /issuer/],
  [
    "no SignaturePolicyIdentifier",
    { properties: cut(/<SignaturePolicyIdentifier>.*<\/SignaturePolicyIdentifier>/) },
    CONTENT,
    /SignaturePolicyIdentifier/,
  ],
  [
    "a document digested after a transform",
    {
      manifest: cut(
        /(<Reference URI="urn:oid:2\.25\.\d+">)(<DigestMethod [^>]*><\/DigestMethod><DigestValue>[^A])/,
        '$1<Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"></Transform></Transforms>$2',
      ),
    },
    CONTENT,
    /as it is/,
  ],
  [
    "an algorithm of its own",
    { signedInfo: swap("xmldsig#rsa-sha1", "xmldsig#hmac-sha1") },
    CONTENT,
    /is not accepted/,
  ],
  ["no KeyInfo", { signature: cut(/<KeyInfo>.*<\/KeyInfo>/) }, CONTENT, /out of order/],
];

const KOS: readonly Row[] = [
  ["no DICM", { kosFile: (bytes) => bytes.subarray(132) }, CONTENT, /DICM/],
  ["a truncated file", { kosFile: (bytes) => bytes.subarray(0, -7) }, CONTENT, /Manifest01/],
  ["another SOP class", { kos: { sopClassUID: "1.2.840.10008.5.1.4.1.1.88.11" } }, CONTENT, /Key Object Selection/],
  [
    "another SOP Instance UID than the entry's",
    { kos: { sopInstanceUID: "2.25.9", metaInstanceUID: "2.25.9" } },
    CONTENT,
    /SOPInstanceUID/,
  ],
  ["another UID in the meta information", { kos: { metaInstanceUID: "2.25.9" } }, CONTENT, /meta/],
  ["the local identifier as PatientID", { kos: { patientID: "P0001" } }, CONTENT, /PatientID/],
  ["another INS authority", { kos: { insOid: "1.2.250.1.213.1.4.8" } }, CONTENT, /IssuerOfPatientID/],
  ["another study than the entry's", { kos: { studyInstanceUID: "2.25.8" } }, CONTENT, /StudyInstanceUID/],
  ["another title", { kos: { titleCode: "113000" } }, CONTENT, /113030/],
  ["a modality of images", { kos: { modality: "CT" } }, CONTENT, /Modality/],
  ["a creation time in another zone", { kos: { created: ["20260112", "091500", "+0100"] } }, CONTENT, /creationTime/],
  ["a reference to another study", { kos: { referencedStudyUID: "2.25.8" } }, CONTENT, /another study/],
  ["no series", { kos: { series: [] } }, CONTENT, /no series/],
  [
    "a RetrieveURL without host",
    { kos: { series: [{ uid: "2.25.5", url: "null/api/source/studies/1/series/2.25.5", instances: ["2.25.6"] }] } },
    CONTENT,
    /RetrieveURL/,
  ],
  [
    "a series without instance",
    { kos: { series: [{ uid: "2.25.5", url: "https://a.fr/x", instances: [] }] } },
    CONTENT,
    /no instance/,
  ],
  [
    "an instance that is no UID",
    { kos: { series: [{ uid: "2.25.5", url: "https://a.fr/x", instances: ["2.25.x"] }] } },
    CONTENT,
    /not a UID/,
  ],
];

const stand = useStand();
refuses("the submission as a whole", stand, TOGETHER);
refuses("the signature of the submission", stand, SIGNATURE);
refuses("the manifest", stand, KOS);
