import type { CodedError, Logger } from "../base/index.ts";
import { DataSet, readHeader, type Tag, Tags } from "../dicom/index.ts";
import { type Association, type ContextProposal, Status, StudyRoot, Verification } from "../dimse/index.ts";
import type { ManifestSeries } from "../kos/index.ts";
import { type InstanceFacts, instanceFacts, type SeriesFacts, seriesFacts } from "./answers.ts";
import { contextsOf } from "./connection.ts";
import { fault } from "./errors.ts";
import type { FoundStudy } from "./model.ts";
import { STORAGE_CLASSES } from "./storage-classes.ts";

/** The elements after NumberOfFrames (0028,0008) say nothing that a query would. */
const AFTER_NUMBER_OF_FRAMES: Tag = 0x00280009;

/** Bytes of an instance before NumberOfFrames: private groups of some modalities take hundreds of kilobytes. */
const HEADER_BYTES = 4 * 1024 * 1024;

/**
 * What `completeStudy` needs: retrieval, and the instances on the same association. Verification, which every node accepts,
 * tells a PACS without C-GET from one that refuses us.
 */
export const RETRIEVAL_CONTEXTS: readonly ContextProposal[] = [
  ...contextsOf(Verification, StudyRoot.get),
  ...contextsOf(...STORAGE_CLASSES).map((context) => ({ ...context, scp: true })),
];

/** True when the answers leave out what no reference can do without: SOPClassUID is an optional key (PS3.4 table C.6-4). */
export function isIncomplete({ series }: FoundStudy): boolean {
  return series.some(lacksClasses);
}

/**
 * The study with the classes, frames and labels that its PACS left out of the answers, read from the headers of the
 * instances. They are fetched by C-GET (PS3.4 C.4.3), series by series, and their pixels dropped as they come: slow, but
 * true, where a guess by modality would not be.
 *
 * Throws `PACS_ANSWER_INCOMPLETE` when a class stays unknown, or the PACS knows no C-GET.
 */
export async function completeStudy(
  association: Association,
  study: FoundStudy,
  signal: AbortSignal,
  log: Logger,
): Promise<FoundStudy> {
  if (!association.accepts(StudyRoot.get)) throw incomplete(study);
  log.warn({ pacs: study.pacs }, "the PACS does not give SOPClassUID: the headers of the study are fetched");
  const series: ManifestSeries[] = [];
  for (const one of study.series) {
    const headers = lacksClasses(one) ? await seriesHeaders(association, study.studyInstanceUID, one, signal) : [];
    const known = new Map(headers.map(({ instance }) => [instance.sopInstanceUID, instance]));
    const instances = one.instances.map((instance) => ({ ...instance, ...known.get(instance.sopInstanceUID) }));
    series.push({ ...headers[0]?.series, ...one, instances });
  }
  const completed = { ...study, series };
  if (isIncomplete(completed)) throw incomplete(study);
  return completed;
}

interface HeaderFacts {
  readonly instance: InstanceFacts;
  readonly series: SeriesFacts;
}

async function seriesHeaders(
  association: Association,
  studyInstanceUID: string,
  { seriesInstanceUID }: SeriesFacts,
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
      const { dataSet } = await readHeader(data, transferSyntax, options);
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
