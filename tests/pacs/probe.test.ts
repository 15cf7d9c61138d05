import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  Tags,
} from "../../appliance/dicom/index.ts";
import {
  acceptFrom,
  createServer,
  type Handlers,
  type OutgoingInstance,
  PatientRoot,
  Status,
  StudyRoot,
  statusFault,
  Verification,
} from "../../appliance/dimse/index.ts";
import {
  createPacs,
  defaultProfile,
  type ProbeOptions,
  type ProbeResult,
  probePacs,
} from "../../appliance/pacs/index.ts";
import { startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { type DicomPeer, freePort, startDcmqrscp, startOrthanc } from "../support/dicom-peers.ts";
import { hasCommand } from "../support/peers.ts";
import { site } from "./retrieving.ts";
import { anInstance, answer, aSeries, aStudy, CT, STUDY } from "./scripted-pacs.ts";
import { archive, everyKind } from "./studies.ts";

const SYNTAXES = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid];
const ISSUED = { ...aStudy, IssuerOfPatientID: "HOPITAL", NumberOfStudyRelatedInstances: "1" };

interface Archive {
  readonly services?: readonly string[];
  /** The answers of one level to a query about `STUDY` or about the studies of some days. */
  readonly study?: DataSet;
  readonly image?: DataSet;
  readonly find?: Handlers["find"];
  readonly associations?: number;
  /** What it sends by C-GET. */
  readonly images?: readonly OutgoingInstance[];
}

const image: OutgoingInstance = {
  sopClassUID: CT,
  sopInstanceUID: anInstance.SOPInstanceUID,
  transferSyntax: ExplicitVRLittleEndian.uid,
  open: (transferSyntax) => encodeDataSet(answer(anInstance), transferSyntax),
};

/** The answers of a PACS that holds one study. */
async function* finds({ study = answer(ISSUED), image = answer(anInstance) }: Archive, identifier: DataSet) {
  const uid = identifier.string(Tags.StudyInstanceUID);
  if (uid !== undefined && uid !== STUDY) return;
  const level = identifier.string(Tags.QueryRetrieveLevel);
  yield level === "STUDY" ? study : level === "SERIES" ? answer(aSeries) : image;
}

/** What a probe says of such an archive. */
async function probed(archive: Archive, options: Partial<ProbeOptions> = {}): Promise<ProbeResult> {
  const { services = [Verification, StudyRoot.find, StudyRoot.move, StudyRoot.get], associations = 16 } = archive;
  const server = createServer({
    aeTitles: ["ARCHIVE"],
    allow: { callingAETitles: ["DRIMBOX"], addresses: ["127.0.0.1"] },
    acceptContext: acceptFrom(new Map([...services, CT].map((uid) => [uid, SYNTAXES]))),
    handlers: {
      async echo() {},
      find: archive.find ?? (({ identifier }) => finds(archive, identifier)),
      get: async () => archive.images ?? [image],
    },
    limits: { drain: 100, associations },
  });
  const { port } = await server.listen(0, "127.0.0.1");
  try {
    return await probePacs({ ...at(port), ...options });
  } finally {
    await server.close();
  }
}

const at = (port: number) => ({
  name: "Archive",
  host: "127.0.0.1",
  port,
  aeTitle: "ARCHIVE",
  callingAETitle: "DRIMBOX",
  timeouts: { connect: 2_000, association: 2_000, response: 2_000, search: 20_000 },
});

const codes = ({ findings }: ProbeResult, ...weights: string[]) =>
  findings.filter(({ weight }) => weights.length === 0 || weights.includes(weight)).map(({ code }) => code);

describe("a probe of a PACS", () => {
  it("that does all it should: only good news, in two languages, and the profile as it was", async () => {
    const result = await probed({});
    expect(codes(result)).toEqual([
      "PROBE_ANSWERS",
      "PROBE_GET",
      "PROBE_MOVE",
      "PROBE_ABSENCE_CLEAR",
      "PROBE_STUDY_READ",
      "PROBE_RETRIEVED",
    ]);
    expect(codes(result, "limit", "problem")).toEqual([]);
    expect(result.profile).toEqual({ ...defaultProfile, retrieve: ["c-get"] });
    for (const { fr, en } of result.findings) {
      expect(fr).toMatch(/\.$/);
      expect(fr).not.toBe(en);
      expect(fr + en).not.toMatch(/[{}]/);
    }
    expect(JSON.stringify(result)).not.toMatch(/IPP-1|ACC1/);
  });

  const simple = { ...ISSUED, NumberOfStudyRelatedInstances: "1" };
  it.each<[string, Archive, string[]]>([
    ["cannot search studies", { services: [Verification, StudyRoot.move] }, ["PROBE_NO_STUDY_ROOT"]],
    [
      "searches by patient only",
      { services: [Verification, ...Object.values(PatientRoot)] },
      ["PROBE_PATIENT_ROOT_ONLY", "PROBE_NO_RETRIEVE"],
    ],
    ["sends no image", { services: [Verification, StudyRoot.find] }, ["PROBE_NO_RETRIEVE"]],
    ["gives no PatientID", { study: answer({ ...simple, PatientID: "" }) }, ["PROBE_NO_PATIENT_ID"]],
    ["gives no accession number", { study: answer({ ...simple, AccessionNumber: "" }) }, ["PROBE_NO_ACCESSION"]],
    [
      "does not say who issued the PatientID",
      { study: answer({ ...simple, IssuerOfPatientID: "" }) },
      ["PROBE_NO_ISSUER"],
    ],
    ["does not count", { study: answer({ ...simple, NumberOfStudyRelatedInstances: "" }) }, ["PROBE_NO_COUNT"]],
    [
      "counts more than it lists",
      { study: answer({ ...simple, NumberOfStudyRelatedInstances: "9" }) },
      ["PROBE_COUNT_DIFFERS"],
    ],
    ["gives no SOP class", { image: answer({ ...anInstance, SOPClassUID: "" }) }, ["PROBE_NO_SOP_CLASS"]],
    [
      "gives no SOP class and no C-GET",
      { image: answer({ ...anInstance, SOPClassUID: "" }), services: [Verification, StudyRoot.find, StudyRoot.move] },
      ["PROBE_NO_SOP_CLASS_NO_GET"],
    ],
    ["has no study of these days", { find: async function* () {} }, ["PROBE_NO_STUDY"]],
    [
      "ignores the UID it is asked for",
      {
        find: async function* () {
          yield answer(ISSUED);
        },
      },
      ["PROBE_ABSENCE_UNCLEAR"],
    ],
    [
      "files one study under two patients",
      {
        async *find({ identifier }) {
          yield* finds({}, identifier);
          yield* finds({ study: answer({ ...ISSUED, PatientID: "IPP-2" }) }, identifier);
        },
      },
      ["PACS_CONFLICTING_PATIENT"],
    ],
    [
      "cannot process a query",
      {
        async *find({ identifier }) {
          if (identifier.has(Tags.QueryRetrieveLevel)) throw statusFault("C-FIND", Status.unableToProcess);
          yield identifier;
        },
      },
      ["PACS_FAILED"],
    ],
    ["agrees to send and sends nothing", { images: [] }, ["PROBE_NOT_RETRIEVED", "PROBE_NOTHING_RETRIEVED"]],
    [
      "sends to a destination only, and we have none",
      { services: [Verification, StudyRoot.find, StudyRoot.move] },
      ["PROBE_NO_DESTINATION"],
    ],
  ])("that %s: it is said", async (_, archive, expected) => {
    expect(codes(await probed(archive), "limit", "problem")).toEqual(expect.arrayContaining(expected));
  });

  it("that refuses the sequence of the issuer is asked without it from then on", async () => {
    const archive: Archive = {
      async *find({ identifier }) {
        if (identifier.has(Tags.IssuerOfPatientIDQualifiersSequence)) throw statusFault("C-FIND", 0xa900);
        yield* finds({}, identifier);
      },
    };
    const result = await probed(archive);
    expect(codes(result, "limit", "problem")).toEqual(["PROBE_ISSUER_REFUSED"]);
    expect(result.profile.issuerOID).toBe(false);
  });

  it("that takes two associations at once is asked by two at once from then on", async () => {
    const result = await probed({ associations: 2 });
    expect(codes(result, "limit", "problem")).toEqual(["PROBE_ASSOCIATIONS"]);
    expect(result.profile.associations).toBe(2);
  });

  it("that sends accents and declares nothing: Latin-1 is proposed", async () => {
    const study = answer(ISSUED).set(Tags.StudyDescription, "LO", Buffer.from("Hépatique ", "latin1"));
    const result = await probed({ study });
    expect(codes(result, "limit")).toEqual(["PROBE_NO_CHARACTER_SET"]);
    expect(result.profile.characterSet).toBe("ISO_IR 100");
  });

  it("asks about the study it is given, and for the days around today otherwise", async () => {
    const dates: (string | undefined)[] = [];
    const find: Handlers["find"] = async function* ({ identifier }) {
      dates.push(identifier.string(Tags.StudyDate));
      yield* finds({}, identifier);
    };
    expect(codes(await probed({ find }, { studyInstanceUID: "2.25.404" }))).toContain("PROBE_STUDY_ABSENT");
    expect(dates.filter((date) => date !== undefined)).toEqual([]);
    await probed({ find }, { now: () => new Date("2026-03-01T08:00:00Z") });
    expect(dates.filter((date) => date !== undefined)).toEqual(["20260228-20260301"]);
  });

  it.each<[string, Partial<ProbeOptions>, string]>([
    ["does not know our title", { callingAETitle: "STRANGER" }, "PACS_REFUSED"],
    ["has another title", { aeTitle: "OTHER" }, "PACS_REFUSED"],
  ])("that %s: its error, with what to do", async (_, options, code) => {
    const { findings } = await probed({}, options);
    expect(findings).toMatchObject([{ code, weight: "problem", fr: expect.stringContaining("Déclarer") }]);
  });

  it("where nobody listens: its error", async () => {
    expect(codes(await probePacs(at(await freePort())))).toEqual(["PACS_UNREACHABLE"]);
  });

  it("of the sandbox: all good but the issuer, which its studies do not have", async () => {
    const pacs = await startSandboxPacs({ studies: [syntheticStudy({ studyDate: "20260115" })] });
    try {
      const result = await probePacs({
        ...at(pacs.port),
        aeTitle: pacs.aeTitle,
        now: () => new Date("2026-01-15T12:00:00Z"),
      });
      expect(codes(result, "limit", "problem")).toEqual(["PROBE_NO_ISSUER"]);
      expect(codes(result, "good")).toContain("PROBE_STUDY_READ");
    } finally {
      await pacs.stop();
    }
  });

  it.each([
    ["names its moves", true, "PROBE_MOVE_NAMED"],
    ["does not name its moves", false, "PROBE_MOVE_UNNAMED"],
  ])("that %s: the profile says so, with the ways that work", async (_, namesMoves, code) => {
    const studies = [syntheticStudy({ studyDate: "20260115" })];
    await using at = await site({ method: ["c-get", "c-move", "wado-rs"], studies, behaviour: { namesMoves } });
    const { findings, profile } = await probePacs({
      name: "Archive",
      host: at.archive.host,
      port: at.archive.port,
      aeTitle: at.archive.aeTitle,
      callingAETitle: "DRIMBOX",
      storage: at.storage,
      wado: { baseUrl: "http://127.0.0.1:9/dicom-web" },
      profile: { moveDestination: "DRIMBOX_STORE" },
      now: () => new Date("2026-01-15T12:00:00Z"),
    });
    const said = findings.filter((one) => /RETRIEVED|MOVE_/.test(one.code));
    expect(said.map((one) => one.code)).toEqual(["PROBE_RETRIEVED", "PROBE_RETRIEVED", "PROBE_NOT_RETRIEVED", code]);
    expect(said[0]?.fr).toMatch(/C-GET en \d+ ms \(\d+ octets, Explicit VR Little Endian\)/);
    expect(said[2]?.fr).toMatch(/WADO-RS.*ne répond pas/);
    expect(profile).toMatchObject({ retrieve: ["c-get", "c-move"], moveOriginator: namesMoves });
    await at.quiet();
  });
});

const missing = ["Orthanc", "dcmqrscp", "storescu"].filter((command) => !hasCommand(command));

describe.skipIf(missing.length > 0)(`a probe of real servers (skipped without ${missing.join(", ") || "any"})`, () => {
  const peers: DicomPeer[] = [];
  const study = everyKind(72001);
  beforeAll(async () => {
    peers.push(await startOrthanc(), await startDcmqrscp());
    for (const peer of peers) await archive(study, peer);
  });
  afterAll(async () => {
    for (const peer of peers) await peer.stop();
  });

  it.each([
    ["Orthanc", 0, ["PROBE_NO_ISSUER"]],
    ["dcmqrscp", 1, ["PROBE_NO_ISSUER", "PROBE_NO_SOP_CLASS", "PROBE_NO_COUNT"]],
  ] as const)("%s", async (name, index, limits) => {
    const { host, port, aeTitle } = peers[index] as DicomPeer;
    const options = { name, host, port, aeTitle, callingAETitle: "DRIMBOX" };
    const result = await probePacs({ ...options, now: () => new Date("2026-01-15T12:00:00Z") });
    expect(codes(result, "limit", "problem")).toEqual(limits);
    expect(codes(result, "good")).toEqual([
      "PROBE_ANSWERS",
      "PROBE_GET",
      "PROBE_MOVE",
      "PROBE_ABSENCE_CLEAR",
      "PROBE_STUDY_READ",
      "PROBE_RETRIEVED",
    ]);
    const found = await createPacs({ ...options, profile: result.profile }).findStudy(study.studyInstanceUID);
    expect(found?.series).toHaveLength(study.series.length);
  });
});
