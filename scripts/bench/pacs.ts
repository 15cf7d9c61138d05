import { performance } from "node:perf_hooks";
import { DataSet, ExplicitVRLittleEndian, Tags } from "../../appliance/dicom/index.ts";
import { acceptFrom, createServer, type DicomServer, StudyRoot, Verification } from "../../appliance/dimse/index.ts";
import { createPacs } from "../../appliance/pacs/index.ts";

const SERIES = 10;
const INSTANCES = 400;
const RUNS = 5;
const STUDY = "2.25.329800735698586629295641978511506172918";
const CT = "1.2.840.10008.5.1.4.1.1.2";

/** How long it takes to list a study of 4,000 instances in 10 series (median, in milliseconds), archive included. */
export async function benchPacs(): Promise<{ cfind_4000_instances_ms: number }> {
  const server = archiveOf("ARCHIVE", {
    exams: [{ studyInstanceUID: STUDY, patientID: "IPP-1", accessionNumber: "ACC1" }],
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

export interface ArchivedExam {
  readonly studyInstanceUID: string;
  readonly patientID: string;
  readonly accessionNumber: string;
}

/** An archive that has nothing to look for: each of its exams has 4,000 CT images in 10 series. */
export function archiveOf(
  aeTitle: string,
  // Called at each question; what it gives is called after the last answer.
  { exams, onQuestion }: { readonly exams: readonly ArchivedExam[]; readonly onQuestion?: () => () => void },
): DicomServer {
  const services = [StudyRoot.find, Verification];
  return createServer({
    aeTitles: [aeTitle],
    allow: { callingAETitles: ["DRIMBOX"], addresses: ["127.0.0.1"] },
    acceptContext: acceptFrom(new Map(services.map((service) => [service, [ExplicitVRLittleEndian.uid]]))),
    handlers: {
      async *find({ identifier }) {
        const answered = onQuestion?.();
        try {
          const asked = identifier.string(Tags.StudyInstanceUID);
          const exam = exams.find(({ studyInstanceUID }) => studyInstanceUID === asked);
          const series = identifier.string(Tags.SeriesInstanceUID) ?? "";
          if (exam !== undefined) yield* answers(exam, identifier.string(Tags.QueryRetrieveLevel), series);
        } finally {
          answered?.();
        }
      },
    },
  });
}

function* answers(exam: ArchivedExam, level: string | undefined, series: string): Generator<DataSet> {
  const { studyInstanceUID, patientID, accessionNumber } = exam;
  const answer = () => new DataSet().set(Tags.StudyInstanceUID, "UI", studyInstanceUID);
  if (level === "STUDY") {
    yield answer().set(Tags.PatientID, "LO", patientID).set(Tags.AccessionNumber, "SH", accessionNumber);
  }
  for (let one = 0; level === "SERIES" && one < SERIES; one++) {
    yield answer().set(Tags.SeriesInstanceUID, "UI", `${studyInstanceUID}.${one}`).set(Tags.Modality, "CS", "CT");
  }
  for (let one = 0; level === "IMAGE" && one < INSTANCES; one++) {
    yield answer()
      .set(Tags.SeriesInstanceUID, "UI", series)
      .set(Tags.SOPClassUID, "UI", CT)
      .set(Tags.SOPInstanceUID, "UI", `${series}.${one}`)
      .set(Tags.InstanceNumber, "IS", one + 1);
  }
}
