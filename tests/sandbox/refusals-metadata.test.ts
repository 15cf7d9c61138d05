import { minutesAgo, type Row, refuses, useStand } from "./refusals.ts";
import { cut, INS, newIds, swap } from "./submission.ts";

const METADATA = "XDSRegistryMetadataError";
const insideEntry = (pattern: string): RegExp => new RegExp(`(<ExtrinsicObject id="Manifest01".*?)${pattern}`, "s");
const slotOf = (name: string): RegExp => insideEntry(`<Slot name="${name}">.*?</Slot>`);
const classificationOf = (code: string): RegExp =>
  insideEntry(`<Classification [^>]*nodeRepresentation="${code}">.*?</Classification>`);

const EBRIM: readonly Row[] = [
  [
    "a Slot after the Classifications",
    {
      metadata: cut(
        /(<Slot name="urn:ihe:iti:xds:2013:referenceIdList">.*?<\/Slot>)(.*?)(<ExternalIdentifier id="[^"]*" registryObject="Manifest01")/s,
        "$2$1$3",
      ),
    },
    METADATA,
    /Slot is out of order|no study/,
  ],
  [
    "a Classification without id",
    { metadata: cut(/<Classification id="[^"]*"/, "<Classification") },
    METADATA,
    /attribute id is missing/,
  ],
  ["one id twice", { metadata: cut(/id="o2"/, 'id="o1"') }, METADATA, /given twice/],
  [
    "a Classification of another object",
    { metadata: cut(/classifiedObject="Manifest01"/, 'classifiedObject="Signature01"') },
    METADATA,
    /does not name the object/,
  ],
  [
    "an unknown attribute",
    { metadata: swap('mimeType="application/dicom"', 'mimeType="application/dicom" type="KOS"') },
    METADATA,
    /no attribute type/,
  ],
  ["a charset that is none", { metadata: cut(/charset="UTF-8"/, 'charset="UTF8"') }, METADATA, /UTF8/],
  ["text between elements", { metadata: swap("</RegistryPackage>", "</RegistryPackage>text") }, METADATA, /text where/],
  ["a value of 300 characters", { metadata: cut(/Source/, "S".repeat(300)) }, METADATA, /longer than/],
  ["no Association", { metadata: cut(/<Association.*<\/Association>/) }, METADATA, /Association/],
  [
    "an ExtrinsicObject before its package",
    {
      metadata: cut(
        /(<RegistryPackage.*<\/RegistryPackage>)(<ExtrinsicObject id="Manifest01".*?<\/ExtrinsicObject>)/s,
        "$2$1",
      ),
    },
    METADATA,
    /RegistryObjectList: .*where the schema wants RegistryPackage/,
  ],
  [
    "a Slot without ValueList",
    { metadata: cut(/(<Slot name="languageCode">)<ValueList>.*?<\/ValueList>/, "$1") },
    METADATA,
    /0 ValueList/,
  ],
  [
    "an element of another namespace",
    { metadata: swap("</RegistryObjectList>", '<x xmlns="urn:x"/></RegistryObjectList>') },
    METADATA,
    /no such element/,
  ],
];

const ENTRY: readonly Row[] = [
  [
    "another objectType",
    { metadata: cut(/7edca82f-054d-47f2-a032-9b2a5b5186c1/, "34268e47-fdf5-41a6-ba33-82133c465248") },
    "XDSObjectTypeError",
    /objectType/,
  ],
  ["another mimeType", { metadata: swap("application/dicom", "application/octet-stream") }, METADATA, /mimeType/],
  ["no title", { metadata: cut(insideEntry("<Name>.*?</Name>"), "$1") }, METADATA, /title/],
  ["no creationTime", { metadata: cut(slotOf("creationTime"), "$1") }, METADATA, /creationTime/],
  ["a time with an offset", { metadata: swap("20260112081500", "20260112081500+0100") }, METADATA, /serviceStartTime/],
  ["a time of eight digits", { metadata: swap("20260112083000", "20260112") }, METADATA, /serviceStopTime/],
  ["a day that does not exist", { metadata: swap("20260112083000", "20260230083000") }, METADATA, /serviceStopTime/],
  [
    "a stop before the start",
    { metadata: swap("20260112083000", "20260112080000") },
    METADATA,
    /before serviceStartTime/,
  ],
  [
    "a submission in local time, in the future",
    () => ({
      metadata: cut(
        /(<Slot name="submissionTime"><ValueList><Value>)\d+/,
        `$1${minutesAgo(-60).replace(/\D/g, "").slice(0, 14)}`,
      ),
    }),
    METADATA,
    /future/,
  ],
  [
    "submissionTime on an entry",
    {
      metadata: swap(
        '<Slot name="languageCode">',
        '<Slot name="submissionTime"><ValueList><Value>20260112081500</Value></ValueList></Slot><Slot name="languageCode">',
      ),
    },
    METADATA,
    /Manifest01\/submissionTime: Slot is not known/,
  ],
  ["no languageCode", { metadata: cut(slotOf("languageCode"), "$1") }, METADATA, /languageCode/],
  ["no legalAuthenticator", { metadata: cut(slotOf("legalAuthenticator"), "$1") }, METADATA, /legalAuthenticator/],
  ["a machine as legal authenticator", { metadata: swap("^D^^^IDNPS", "^U^^^EI") }, METADATA, /legalAuthenticator/],
  [
    "another classCode",
    { metadata: swap('nodeRepresentation="31"', 'nodeRepresentation="10"') },
    METADATA,
    /classCode/,
  ],
  [
    "a typeCode that is neither",
    { metadata: swap('nodeRepresentation="IMG-KOS"', 'nodeRepresentation="18748-4"') },
    METADATA,
    /typeCode/,
  ],
  [
    "the deprecated formatCode",
    { metadata: swap('"1.2.840.10008.5.1.4.1.1.88.59"', '"urn:ihe:rad:1.2.840.10008.5.1.4.1.1.88.59"') },
    METADATA,
    /formatCode/,
  ],
  ["no practice setting", { metadata: cut(classificationOf("AMBULATOIRE"), "$1") }, METADATA, /practiceSettingCode/],
  [
    "a facility type of another scheme",
    { metadata: cut(/(nodeRepresentation="SA25">.*?)1\.2\.250\.1\.71\.4\.2\.4/, "$11.2.250.1.71.4.2.5") },
    METADATA,
    /healthcareFacilityTypeCode/,
  ],
  [
    "confidentiality without N",
    { metadata: cut(insideEntry('nodeRepresentation="N"'), '$1nodeRepresentation="R"') },
    METADATA,
    /N is always there/,
  ],
  ["an unknown confidentiality", { metadata: swap("MASQUE_PS", "MASQUE") }, METADATA, /confidentialityCode/],
  [
    "the modality of a dose report",
    { metadata: swap('nodeRepresentation="CT"', 'nodeRepresentation="SR"') },
    METADATA,
    /SR \(.*not in the value set/,
  ],
  ["no modality", { metadata: cut(classificationOf("CT"), "$1") }, METADATA, /no acquisition modality/],
  ["an event code shown as error", { metadata: swap('value="Thorax"', 'value="error"') }, METADATA, /display name/],
  [
    "a modality in the scheme of its old value set",
    { metadata: swap(">1.2.840.10008.2.16.4<", ">1.2.250.1.213.1.1.5.618<") },
    METADATA,
    /CT \(1\.2\.250\.1\.213\.1\.1\.5\.618\)/,
  ],
  [
    "one code twice",
    {
      metadata: cut(
        /(<Classification id=")([^"]*)("[^>]*nodeRepresentation="CT">.*?<\/Classification>)/,
        "$1$2$3$1x$2$3",
      ),
    },
    METADATA,
    /CT is given twice/,
  ],
  [
    "an author that is no XCN",
    { metadata: swap("&amp;1.2.250.1.71.4.2.1&amp;ISO^U^^^EI", "^U^^^EI") },
    METADATA,
    /authorPerson/,
  ],
  [
    "no author institution",
    { metadata: cut(/<Slot name="authorInstitution">.*?<\/Slot>/) },
    METADATA,
    /authorInstitution/,
  ],
  [
    "the INS as local identifier",
    { metadata: swap("P0001^^^&amp;1.2.250.1.999.7.3&amp;ISO^PI", `${INS}^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^PI`) },
    METADATA,
    /sourcePatientId/,
  ],
  ["a birth date of PID-7 with dashes", { metadata: swap("PID-7|19850112", "PID-7|1985-01-12") }, METADATA, /PID-7/],
  ["no sex", { metadata: cut(/<Value>PID-8\|F<\/Value>/) }, METADATA, /PID-8/],
  [
    "no study in the referenceIdList",
    { metadata: cut(/<Value>[^<]*urn:ihe:iti:xds:2016:studyInstanceUID<\/Value>/) },
    METADATA,
    /no study Instance UID/,
  ],
  [
    "a reference of another type",
    { metadata: swap("urn:ihe:iti:xds:2013:order", "urn:ihe:iti:xds:2013:referral") },
    METADATA,
    /JDV_J231/,
  ],
  [
    "an accession without its issuer",
    { metadata: swap("ACC-26-0001^^^&amp;1.2.250.1.999.7.1&amp;ISO^", "ACC-26-0001^^^^") },
    METADATA,
    /OID of who assigned/,
  ],
  [
    "a uniqueId that is no OID",
    () => {
      const ids = { ...newIds(), sop: "2.25.01" };
      return { ids };
    },
    METADATA,
    /uniqueId: not an OID/,
  ],
  [
    "an identifier with another name",
    { metadata: cut(/value="XDSDocumentEntry.uniqueId"/, 'value="XDSDocumentEntry.uniqueID"') },
    METADATA,
    /its Name/,
  ],
  [
    "a hash that is not hexadecimal",
    { metadata: cut(/(name="hash"><ValueList><Value>)[\da-f]{40}/, `$1${"z".repeat(40)}`) },
    METADATA,
    /hash/,
  ],
  ["no serviceStartTime", { metadata: cut(slotOf("serviceStartTime"), "$1") }, METADATA, /serviceStartTime: 0 values/],
  ["one Slot twice", { metadata: cut(/(<Slot name="serviceStopTime">.*?<\/Slot>)/, "$1$1") }, METADATA, /given twice/],
  [
    "a status other than Approved",
    {
      metadata: swap(
        'mimeType="text/xml"',
        'mimeType="text/xml" status="urn:oasis:names:tc:ebxml-regrep:StatusType:Submitted"',
      ),
    },
    METADATA,
    /status: is not Approved/,
  ],
  ["a birthplace of two letters", { metadata: swap("BDL^^75112", "BDL^^FR") }, METADATA, /PID-11/],
  [
    "no patientId",
    { metadata: cut(insideEntry("<ExternalIdentifier [^>]*58a6f841.*?</ExternalIdentifier>"), "$1") },
    METADATA,
    /patientId: one ExternalIdentifier/,
  ],
  [
    "two studies in the referenceIdList",
    {
      metadata: cut(
        /(<Value>[^<]*urn:ihe:iti:xds:2016:studyInstanceUID<\/Value>)/,
        "$1<Value>2.25.7^^^^urn:ihe:iti:xds:2016:studyInstanceUID</Value>",
      ),
    },
    METADATA,
    /one study Instance UID/,
  ],
];

const stand = useStand();
refuses("the ebRIM schema", stand, EBRIM);
refuses("a document entry", stand, ENTRY);
