import { CodedError, type Logger } from "../base/index.ts";
import { DataSet, ExplicitVRLittleEndian, ImplicitVRLittleEndian, readHeader, type Tag, Tags } from "../dicom/index.ts";
import { type Association, type ContextProposal, Status, StudyRoot, Verification } from "../dimse/index.ts";
import type { ManifestSeries } from "../kos/index.ts";
import { type InstanceFacts, instanceFacts, type SeriesFacts, seriesFacts } from "./answers.ts";
import { type Connection, contextsOf } from "./connection.ts";
import { fault } from "./errors.ts";
import type { FoundStudy } from "./model.ts";
import { STORAGE_CLASSES } from "./storage-classes.ts";

/** The elements after NumberOfFrames (0028,0008) say nothing that a query would. */
const AFTER_NUMBER_OF_FRAMES: Tag = 0x00280009;

/** Bytes of an instance before NumberOfFrames: private groups of some modalities take hundreds of kilobytes. */
const HEADER_BYTES = 4 * 1024 * 1024;

/**
 * What the headers are asked for in, one after the other: a PACS does not say what it keeps, and many send nothing else. The
 * most frequent first.
 */
const SYNTAXES: readonly (readonly string[])[] = [
  [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid],
  ...["70", "80", "90", "50", "91", "57", "51", "81", "201", "202", "203"].map((end) => [`1.2.840.10008.1.2.4.${end}`]),
  ["1.2.840.10008.1.2.5"],
  ...["102", "103", "100", "101"].map((end) => [`1.2.840.10008.1.2.4.${end}`]),
];

/**
 * Retrieval, and the instances on the same association. Verification, which every node accepts, tells a PACS without C-GET
 * from one that refuses us.
 */
function contextsIn(transferSyntaxes: readonly string[]): ContextProposal[] {
  const classes = STORAGE_CLASSES.map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes, scp: true }));
  return [...contextsOf(Verification, StudyRoot.get), ...classes];
}

/** True when the answers leave out what no reference can do without: SOPClassUID is an optional key (PS3.4 table C.6-4). */
export function isIncomplete({ series }: FoundStudy): boolean {
  return series.some(lacksClasses);
}

/**
 * The study with the classes, frames and labels that its PACS left out of the answers, read from the headers of the
 * instances. They are fetched by C-GET (PS3.4 C.4.3), series by series, and their pixels dropped as they come: slow, but
 * true, where a guess by modality would not be.
 *
 * Throws `PACS_ANSWER_INCOMPLETE` when a class stays unknown, or the PACS knows no C-GET; or what it failed with.
 */
export async function completeStudy(
  associated: Connection,
  study: FoundStudy,
  signal: AbortSignal,
  log: Logger,
): Promise<FoundStudy> {
  log.warn({ pacs: study.pacs }, "the PACS does not give SOPClassUID: the headers of the study are fetched");
  let completed = study;
  let failure: CodedError | undefined;
  for (const syntaxes of SYNTAXES) {
    const ask = async (association: Association) => {
      if (!association.accepts(StudyRoot.get)) throw incomplete(study);
      if (!STORAGE_CLASSES.some((uid) => association.accepts(uid))) return;
      for (const { seriesInstanceUID } of completed.series.filter(lacksClasses)) {
        const headers = await seriesHeaders(association, study.studyInstanceUID, seriesInstanceUID, signal);
        completed = { ...completed, series: completed.series.map((one) => withHeaders(one, headers)) };
      }
    };
    try {
      await associated(contextsIn(syntaxes), signal, ask);
    } catch (error) {
      if (!(error instanceof CodedError) || !mayBeOfSyntax(error)) throw error;
      failure ??= error;
    }
    if (!isIncomplete(completed)) return completed;
  }
  throw failure ?? incomplete(study);
}

/** What a PACS says that keeps something else than it was asked for: it failed, or has no resources for what it failed at. */
function mayBeOfSyntax({ code, details }: CodedError): boolean {
  return code === "PACS_FAILED" || (code === "PACS_BUSY" && Number(details.failed ?? 0) > 0);
}

interface HeaderFacts {
  readonly instance: InstanceFacts;
  readonly series: SeriesFacts;
}

function withHeaders(one: ManifestSeries, headers: readonly HeaderFacts[]): ManifestSeries {
  const own = headers.filter(({ series }) => series.seriesInstanceUID === one.seriesInstanceUID);
  const known = new Map(own.map(({ instance }) => [instance.sopInstanceUID, instance]));
  const instances = one.instances.map((instance) => ({ ...instance, ...known.get(instance.sopInstanceUID) }));
  return { ...own[0]?.series, ...one, instances };
}

async function seriesHeaders(
  association: Association,
  studyInstanceUID: string,
  seriesInstanceUID: string,
  signal: AbortSignal,
): Promise<HeaderFacts[]> {
  const headers: HeaderFacts[] = [];
  await association.get({
    sopClassUID: StudyRoot.get,
    identifier: new DataSet()
      .set(Tags.QueryRetrieveLevel, "CS", "SERIES")
      .set(Tags.StudyInstanceUID, "UI", studyInstanceUID)
      .set(Tags.SeriesInstanceUID, "UI", seriesInstanceUID),
    signal,
    async store({ sopClassUID, sopInstanceUID, transferSyntax }, data) {
      const options = { untilTag: AFTER_NUMBER_OF_FRAMES, limits: { headerBytes: HEADER_BYTES } };
      const { dataSet, rest } = await readHeader(data, transferSyntax, options);
      await rest.return(undefined);
      const series = seriesFacts(dataSet);
      // The identity is that of the service: a header that tells of another instance or series tells of nothing here.
      if (series.seriesInstanceUID === seriesInstanceUID) {
        headers.push({ series, instance: { ...instanceFacts(dataSet), sopClassUID, sopInstanceUID } });
      }
      return Status.success;
    },
  });
  return headers;
}

function incomplete({ pacs }: FoundStudy): CodedError {
  return fault("PACS_ANSWER_INCOMPLETE", { details: { pacs, attribute: "SOPClassUID" } });
}

function lacksClasses({ instances }: ManifestSeries): boolean {
  return instances.some(({ sopClassUID }) => sopClassUID === "");
}
