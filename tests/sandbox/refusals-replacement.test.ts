/** ITI-41 with RPLC: every replacement that must not happen. */
import { type LifeRow, leavesAsItIs, useManifest } from "./life.ts";
import { both, type Edit, newIds, ofPatient, replacing, swap } from "./submission.ts";

const METADATA = "XDSRegistryMetadataError";
const UNRESOLVED = "UnresolvedReferenceException";
const UNKNOWN = "urn:uuid:00000000-0000-4000-8000-000000000000";

const sameStudy = (study: string) => ({ ...newIds(), study });

/** Another manifest in the same submission, which replaces the same one. */
function secondManifest(target: string): Edit {
  const part = (xml: string, pattern: RegExp): string =>
    (pattern.exec(xml)?.[0] ?? "")
      .replaceAll("Manifest01", "Manifest02")
      .replace(/ id="(o\d+|rplc)"/g, ' id="x$1"')
      .replace(/value="[^"]*"(?=[^>]*><Name><[^>]*XDSDocumentEntry.uniqueId)/, 'value="2.25.77"');
  return (xml) => {
    const entry = part(xml, /<ExtrinsicObject id="Manifest01".*?<\/ExtrinsicObject>/s);
    const member = part(xml, /<Association [^>]*HasMember"[^>]*"Manifest01">.*?<\/Association>/s);
    const rplc = part(xml, new RegExp(`<Association [^>]*"${target}"/>`));
    return xml
      .replace('<ExtrinsicObject id="Signature01"', `${entry}$&`)
      .replace("</RegistryObjectList>", `${member}${rplc}$&`);
  };
}

const ROWS: readonly LifeRow[] = [
  [
    "a manifest that does not exist",
    ({ ids }) => ({ ids: sameStudy(ids.study), metadata: replacing(UNKNOWN) }),
    UNRESOLVED,
    /not a registered manifest/,
  ],
  [
    "a symbolic id",
    ({ ids }) => ({ ids: sameStudy(ids.study), metadata: replacing("Manifest00") }),
    METADATA,
    /not an entryUUID/,
  ],
  [
    "a signature",
    ({ ids, signature }) => ({ ids: sameStudy(ids.study), metadata: replacing(signature.entryUUID) }),
    UNRESOLVED,
    /not a registered manifest/,
  ],
  [
    "the manifest of another study",
    ({ manifest }) => ({ metadata: replacing(manifest.entryUUID) }),
    METADATA,
    /another study/,
  ],
  [
    "the manifest of another patient",
    ({ ids, manifest }) => {
      const other = ofPatient("279035121518989");
      return { ...other, ids: sameStudy(ids.study), metadata: both(other.metadata, replacing(manifest.entryUUID)) };
    },
    "XDSPatientIdDoesNotMatch",
    /another patient/,
  ],
  [
    "the manifest of another structure",
    ({ ids, manifest, pki }) => ({
      ids: sameStudy(ids.study),
      structure: pki.structures[1],
      metadata: replacing(manifest.entryUUID),
    }),
    "LocalPolicyRestrictionError",
    /not an author institution/,
  ],
  [
    "a manifest by itself",
    ({ ids, manifest }) => ({
      kos: {
        series: [{ uid: "2.25.2", url: `https://a.fr/studies/${ids.study}/series/2.25.2`, instances: ["2.25.3"] }],
      },
      ids: { ...ids, signature: newIds().signature, set: newIds().set },
      metadata: replacing(manifest.entryUUID),
    }),
    "XDSNonIdenticalHash",
    /registered with other content/,
  ],
  [
    "a manifest that was replaced",
    async ({ publish, ids, manifest }) => {
      const hooks = { metadata: replacing(manifest.entryUUID) };
      await publish({ ...hooks, ids: sameStudy(ids.study) });
      return { ...hooks, ids: sameStudy(ids.study) };
    },
    "XDSRegistryDeprecatedDocumentError",
    /is deprecated/,
  ],
  [
    "a manifest that was deleted",
    async ({ remove, ids, manifest }) => {
      await remove();
      return { ids: sameStudy(ids.study), metadata: replacing(manifest.entryUUID) };
    },
    "XDSReplaceFailed",
    /StatusType:Deleted/,
  ],
  [
    "two manifests by one",
    ({ ids, manifest }) => ({
      ids: sameStudy(ids.study),
      metadata: both(replacing(manifest.entryUUID), replacing(UNKNOWN, "other")),
    }),
    METADATA,
    /RPLC has no business/,
  ],
  [
    "one manifest twice",
    ({ ids, manifest }) => ({
      ids: sameStudy(ids.study),
      metadata: both(replacing(manifest.entryUUID), replacing(manifest.entryUUID, "again")),
    }),
    METADATA,
    /2 of type .*RPLC/,
  ],
  [
    "one manifest by two",
    ({ ids, manifest }) => ({
      ids: sameStudy(ids.study),
      metadata: both(replacing(manifest.entryUUID), secondManifest(manifest.entryUUID)),
    }),
    METADATA,
    /is replaced twice/,
  ],
  [
    "a manifest by a signature",
    ({ ids, manifest }) => ({
      ids: sameStudy(ids.study),
      metadata: both(
        replacing(manifest.entryUUID),
        swap('RPLC" sourceObject="Manifest01"', 'RPLC" sourceObject="Signature01"'),
      ),
    }),
    METADATA,
    /RPLC has no business/,
  ],
];

leavesAsItIs("the replacement of", useManifest(), ({ publish }, hooks) => publish(hooks), ROWS);
