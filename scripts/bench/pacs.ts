import { performance } from "node:perf_hooks";
import { DataSet, ExplicitVRLittleEndian, Tags } from "../../appliance/dicom/index.ts";
import { acceptFrom, createServer, StudyRoot } from "../../appliance/dimse/index.ts";
import { createPacs } from "../../appliance/pacs/index.ts";

const SERIES = 10;
const INSTANCES = 400;
const RUNS = 5;
const STUDY = "2.25.329800735698586629295641978511506172918";
const CT = "1.2.840.10008.5.1.4.1.1.2";

/** How long it takes to list a study of 4,000 instances in 10 series (median, in milliseconds), archive included. */
export async function benchPacs(): Promise<{ cfind_4000_instances_ms: number }> {
  const server = createServer({
    aeTitles: ["ARCHIVE"],
    allow: { callingAETitles: ["DRIMBOX"], addresses: ["127.0.0.1"] },
    acceptContext: acceptFrom(new Map([[StudyRoot.find, [ExplicitVRLittleEndian.uid]]])),
    handlers: {
      async *find({ identifier }) {
        yield* answers(identifier.string(Tags.QueryRetrieveLevel), identifier.string(Tags.SeriesInstanceUID) ?? "");
      },
    },
  });
  const { host, port } = await server.listen(0, "127.0.0.1");
  try {
    const pacs = createPacs({ name: "bench", host, port, aeTitle: "ARCHIVE", callingAETitle: "DRIMBOX" });
    const durations: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      const study = await pacs.findStudy(STUDY);
      durations.push(performance.now() - start);
      const found = study?.series.reduce((sum, { instances }) => sum + instances.length, 0);
      if (found !== SERIES * INSTANCES) throw new Error(`found ${found} instances`);
    }
    durations.sort((one, other) => one - other);
    return { cfind_4000_instances_ms: durations[RUNS >> 1] ?? Number.NaN };
  } finally {
    await server.close();
  }
}

function* answers(level: string | undefined, series: string): Generator<DataSet> {
  const answer = () => new DataSet().set(Tags.StudyInstanceUID, "UI", STUDY);
  if (level === "STUDY") yield answer().set(Tags.PatientID, "LO", "IPP-1").set(Tags.AccessionNumber, "SH", "ACC1");
  for (let one = 0; level === "SERIES" && one < SERIES; one++) {
    yield answer().set(Tags.SeriesInstanceUID, "UI", `${STUDY}.${one}`).set(Tags.Modality, "CS", "CT");
  }
  for (let one = 0; level === "IMAGE" && one < INSTANCES; one++) {
    yield answer()
      .set(Tags.SeriesInstanceUID, "UI", series)
      .set(Tags.SOPClassUID, "UI", CT)
      .set(Tags.SOPInstanceUID, "UI", `${series}.${one}`)
      .set(Tags.InstanceNumber, "IS", one + 1);
  }
}
