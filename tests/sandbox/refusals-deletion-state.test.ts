/** ITI-57: who may delete, and what may be deleted. */
import { type LifeRow, leavesAsItIs, useManifest } from "./life.ts";
import { minutesAgo } from "./refusals.ts";
import { cut, newIds, ofPatient, replacing, swap, UPDATE } from "./submission.ts";

const UPDATE_ERROR = "XDSMetadataUpdateError";
const UNRESOLVED = "UnresolvedReferenceException";
const INVALID = "wsse:InvalidSecurityToken";
const UNKNOWN = "urn:uuid:00000000-0000-4000-8000-000000000000";
const OTHER_INS = "279035121518989";
const QUERY = "urn:ihe:iti:2007:RegistryStoredQuery";

const DOOR: readonly LifeRow[] = [
  [
    "the action of a query",
    { envelope: swap(`>${UPDATE}<`, `>${QUERY}<`), contentType: swap(`; action="${UPDATE}"`, "") },
    "XDSRegistryError",
    /AdhocQueryRequest/,
  ],
  [
    "another action in the header of HTTP",
    { contentType: swap(UPDATE, QUERY) },
    "wsa:ActionMismatch",
    /Content-Type, action/,
  ],
  [
    "an action nobody knows",
    {
      envelope: swap(`>${UPDATE}<`, ">urn:ihe:iti:2010:DeleteDocumentSet<"),
      contentType: swap(`; action="${UPDATE}"`, ""),
    },
    "wsa:ActionMismatch",
    /Action: .* is expected/,
  ],
  ["a package", { contentType: () => 'multipart/related; boundary="b"' }, "soap:Sender", /application\/soap\+xml/],
  ["another character set", { contentType: swap("UTF-8", "ISO-8859-1") }, "soap:Sender", /charset/],
  [
    "two elements in the body",
    { envelope: swap("</soap:Body>", '<x xmlns="urn:x"/></soap:Body>') },
    "soap:Sender",
    /exactly one element/,
  ],
  [
    "mode AIR, nobody being logged in",
    { assertion: swap(">INDIRECTE<", ">INDIRECTE_RENFORCEE<") },
    INVALID,
    /Authentification_Mode/,
  ],
  [
    "a VIHF of six minutes ago",
    () => ({ assertion: cut(/IssueInstant="[^"]*"/, `IssueInstant="${minutesAgo(6)}"`) }),
    "wsse:MessageExpired",
    /IssueInstant/,
  ],
  [
    "a VIHF changed after signature",
    { signedAssertion: swap("DRIMBOX-0001", "DRIMBOX-0002") },
    "wsse:FailedCheck",
    /DigestValue/,
  ],
  [
    "the patient as subject",
    { assertion: swap("DRIMbox Publication", "Luce Essai") },
    INVALID,
    /the subject is the patient/,
  ],
  ["the neighbour's signature", ({ pki }) => ({ signer: pki.structures[1].sign }), INVALID, /does not speak for/],
];

const STATE: readonly LifeRow[] = [
  [
    "a target that does not exist",
    { metadata: cut(/targetObject="[^"]*"/, `targetObject="${UNKNOWN}"`) },
    UNRESOLVED,
    /not registered/,
  ],
  [
    "a signature by itself",
    ({ manifest, signature }) => ({ metadata: swap(manifest.entryUUID, signature.entryUUID) }),
    UPDATE_ERROR,
    /signature is not deleted/,
  ],
  [
    "a patient other than the VIHF's",
    { metadata: ofPatient(OTHER_INS).metadata },
    "XDSPatientIdDoesNotMatch",
    /resource-id/,
  ],
  ["the record of another patient", ofPatient(OTHER_INS), "XDSPatientIdDoesNotMatch", /another patient/],
  [
    "another structure",
    ({ pki }) => ({ structure: pki.structures[1] }),
    "LocalPolicyRestrictionError",
    /not an author institution/,
  ],
  [
    "another structure that signs its own set only",
    { metadata: cut(/(ISO\^IDNST\^{3})\d+/, "$11690088888") },
    "LocalPolicyRestrictionError",
    /no author institution is/,
  ],
  ["a submission set that is known", ({ ids }) => ({ ids }), "XDSDuplicateUniqueIdInRegistry", /SubmissionSet/],
  [
    "a manifest that was replaced",
    async ({ publish, ids, manifest }) => {
      await publish({ ids: { ...newIds(), study: ids.study }, metadata: replacing(manifest.entryUUID) });
      return {};
    },
    "XDSRegistryDeprecatedDocumentError",
    /is deprecated/,
  ],
  [
    "a manifest that was deleted",
    async ({ remove }) => {
      await remove();
      return {};
    },
    "XDSMetadataVersionError",
    /OriginalStatus is not its status, urn:asip:ci-sis:2010:StatusType:Deleted/,
  ],
  [
    "in a record that is closed",
    ({ dmp, manifest }) => {
      dmp.closedRecords.add(manifest.patientId);
      return {};
    },
    "DMPClosed",
    /closed/,
  ],
  [
    "in a record that does not exist",
    ({ dmp, manifest }) => {
      dmp.unknownPatients.add(manifest.patientId);
      return {};
    },
    "XDSUnknownPatientId",
    /no record/,
  ],
];

const life = useManifest();
leavesAsItIs("a deletion at the door", life, ({ remove }, hooks) => remove(hooks), DOOR);
leavesAsItIs("a deletion for the state of the record", life, ({ remove }, hooks) => remove(hooks), STATE);
