/** ITI-18: what a stored query finds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { sharedSamples } from "../support/samples.ts";
import { useStand } from "./refusals.ts";
import {
  APPROVED,
  accession,
  askerOf,
  CT,
  DEPRECATED,
  entry,
  events,
  FIND,
  FIND_BY_REFERENCE,
  GET,
  KNEE,
  KOS,
  MR,
  PATIENT,
  references,
  type Slot,
  STATUS,
  THORAX,
} from "./stored-queries.ts";
import { newIds, PATIENT_ID, replacing, storedQuery } from "./submission.ts";

const idsOf = (text: string) =>
  Array.from(text.matchAll(/(?:ExtrinsicObject|ObjectRef)\b[^>]* id="([^"]*)"/g), ([, id]) => id);

const stand = useStand();
const ask = askerOf(stand);
const ids = newIds();
beforeEach(async () => {
  await stand().publish({ ids });
});

describe("stored queries", () => {
  it("find a manifest by its uniqueId: the entryUUID that a replacement needs", async () => {
    const reply = await ask(storedQuery(GET, "ObjectRef", entry("UniqueId", `('${ids.sop}')`)));
    expect(reply).toMatchObject({ status: 200, outcome: "Success", codes: [] });
    expect(reply.text).toContain('totalResultCount="1"');
    const [manifest] = stand().dmp.approvedManifests(ids.study);
    expect(idsOf(reply.text)).toEqual([manifest?.entryUUID]);
    const back = await ask(storedQuery(GET, "LeafClass", entry("EntryUUID", `('${manifest?.entryUUID}')`)));
    expect(back.text).toContain(`value="${ids.sop}"`);
  });

  it("answer an unknown uniqueId with none, which is not an error", async () => {
    const reply = await ask(storedQuery(GET, "ObjectRef", entry("UniqueId", "('2.25.404')")));
    expect(reply).toMatchObject({ outcome: "Success", codes: [] });
    expect(reply.text).toContain('totalResultCount="0"');
  });

  it("find what was replaced by the status that is asked for", async () => {
    const { dmp, publish } = stand();
    const [old] = dmp.approvedManifests(ids.study);
    await publish({ ids: { ...newIds(), study: ids.study }, metadata: replacing(old?.entryUUID ?? "") });
    const found = async (status: string) => {
      const query = storedQuery(FIND, "LeafClass", PATIENT, KOS, entry("Status", status));
      return idsOf((await ask(query)).text);
    };
    const [present] = dmp.approvedManifests(ids.study);
    expect(await found(`('${APPROVED}')`)).toEqual([present?.entryUUID]);
    expect(await found(`('${DEPRECATED}')`)).toEqual([old?.entryUUID]);
    expect(await found(`('${APPROVED}','${DEPRECATED}')`)).toEqual([old?.entryUUID, present?.entryUUID]);
  });

  it.each<[string, string, Slot[], number]>([
    ["all documents of a patient", FIND, [PATIENT, STATUS], 2],
    ["the manifests alone", FIND, [PATIENT, STATUS, KOS], 1],
    ["a class", FIND, [PATIENT, STATUS, entry("ClassCode", "('31^^1.2.250.1.213.1.1.4.1')")], 1],
    ["a class of another scheme", FIND, [PATIENT, STATUS, entry("ClassCode", "('31^^1.2.250.1.213.1.1.4.12')")], 0],
    [
      "a format",
      FIND,
      [PATIENT, STATUS, entry("FormatCode", "('1.2.840.10008.5.1.4.1.1.88.59^^1.2.840.10008.2.6.1')")],
      1,
    ],
    ["a format that is not there", FIND, [PATIENT, STATUS, entry("FormatCode", "('x^^1.2.840.10008.2.6.1')")], 0],
    ["one modality or another", FIND, [PATIENT, STATUS, events(MR, CT)], 1],
    ["a modality and a region", FIND, [PATIENT, STATUS, events(CT), events(THORAX)], 1],
    ["a modality and another region", FIND, [PATIENT, STATUS, events(CT), events(KNEE)], 0],
    ["an exam since", FIND, [PATIENT, STATUS, KOS, entry("ServiceStartTimeFrom", "20260112")], 1],
    ["an exam before", FIND, [PATIENT, STATUS, KOS, entry("ServiceStartTimeTo", "20260112")], 0],
    ["a creation since this century", FIND, [PATIENT, STATUS, KOS, entry("CreationTimeFrom", "2000")], 1],
    ["a creation before this century", FIND, [PATIENT, STATUS, KOS, entry("CreationTimeTo", "200001010000")], 0],
    ["an accession number", FIND_BY_REFERENCE, [PATIENT, STATUS, references(accession("ACC-26-0001"))], 1],
    ["another accession number", FIND_BY_REFERENCE, [PATIENT, STATUS, references(accession("ACC-26-0002"))], 0],
    [
      "the accession number of another issuer",
      FIND_BY_REFERENCE,
      [PATIENT, STATUS, references(accession("ACC-26-0001", "1.2.3"))],
      0,
    ],
    [
      "one accession number or another",
      FIND_BY_REFERENCE,
      [PATIENT, STATUS, references(accession("ACC-26-0002"), accession("ACC-26-0001"))],
      1,
    ],
    [
      "two accession numbers at once",
      FIND_BY_REFERENCE,
      [PATIENT, STATUS, references(accession("ACC-26-0002")), references(accession("ACC-26-0001"))],
      0,
    ],
    [
      "the study",
      FIND_BY_REFERENCE,
      [PATIENT, STATUS, references(`${ids.study}^^^&1.2.250.1.999.7.4&ISO^urn:ihe:iti:xds:2016:studyInstanceUID`)],
      1,
    ],
  ])("find by %s", async (_, id, parameters, count) => {
    for (const returnType of ["LeafClass", "ObjectRef"]) {
      const reply = await ask(storedQuery(id, returnType, ...parameters));
      expect(reply.reasons).toEqual([]);
      expect(idsOf(reply.text)).toHaveLength(count);
      if (count > 0) expect(/Slot name="repositoryUniqueId"/.test(reply.text)).toBe(returnType === "LeafClass");
    }
  });
});

const samples = sharedSamples();
const folder = join(samples ?? "", "xds/nist-toolkit2/iti-18/FindDocuments-11897");
/** What the DMP does not have, or what is written wrong on purpose. */
const REFUSED: Readonly<Record<string, string>> = {
  author: "XDSRegistryError",
  classcode_scheme_mismatch: "XDSStoredQueryParamNumber",
  old_scheme: "XDSRegistryError",
  practicesetting_scheme: "XDSRegistryError",
  refid: "XDSStoredQueryParamNumber",
};

describe.skipIf(samples === undefined)("the queries of the IHE toolkit (skipped when ../shared is absent)", () => {
  it.each(samples === undefined ? [] : readdirSync(folder))("%s", async (name) => {
    const [file = ""] = readdirSync(join(folder, name));
    const text = readFileSync(join(folder, name, file), "utf8");
    const reply = await ask(text.replace("$patient_id$", PATIENT_ID.replaceAll("&", "&amp;")));
    const code = REFUSED[name];
    expect(reply.outcome).toBe(code === undefined ? "Success" : "Failure");
    if (code !== undefined) expect(reply.codes).toContain(code);
  });
});
