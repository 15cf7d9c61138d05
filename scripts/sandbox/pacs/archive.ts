import { type DataSet, Tags } from "../../../appliance/dicom/index.ts";
import type { SyntheticInstance } from "../studies.ts";

/** One series of the archive. */
export interface ArchivedSeries {
  readonly seriesInstanceUID: string;
  readonly instances: ReadonlyMap<string, SyntheticInstance>;
}

export interface ArchivedStudy {
  readonly studyInstanceUID: string;
  readonly series: ReadonlyMap<string, ArchivedSeries>;
}

/** What the sandbox PACS holds, in memory. An instance that comes again replaces itself. */
export class Archive {
  readonly #studies = new Map<
    string,
    {
      studyInstanceUID: string;
      series: Map<string, { seriesInstanceUID: string; instances: Map<string, SyntheticInstance> }>;
    }
  >();

  get studies(): readonly ArchivedStudy[] {
    return [...this.#studies.values()];
  }

  get(studyInstanceUID: string): ArchivedStudy | undefined {
    return this.#studies.get(studyInstanceUID);
  }

  add(instance: SyntheticInstance): void {
    const studyInstanceUID = instance.dataSet.string(Tags.StudyInstanceUID) ?? "";
    const seriesInstanceUID = instance.dataSet.string(Tags.SeriesInstanceUID) ?? "";
    const study = this.#studies.get(studyInstanceUID) ?? { studyInstanceUID, series: new Map() };
    const series = study.series.get(seriesInstanceUID) ?? { seriesInstanceUID, instances: new Map() };
    this.#studies.set(studyInstanceUID, study);
    study.series.set(seriesInstanceUID, series);
    series.instances.set(instance.sopInstanceUID, instance);
  }

  /** Removes one instance, and the series and study that it leaves empty. */
  removeInstance({ dataSet, sopInstanceUID }: SyntheticInstance): void {
    const studyInstanceUID = dataSet.string(Tags.StudyInstanceUID) ?? "";
    const seriesInstanceUID = dataSet.string(Tags.SeriesInstanceUID) ?? "";
    const study = this.#studies.get(studyInstanceUID);
    const series = study?.series.get(seriesInstanceUID);
    if (study === undefined || series === undefined) return;
    series.instances.delete(sopInstanceUID);
    if (series.instances.size === 0) study.series.delete(seriesInstanceUID);
    if (study.series.size === 0) this.#studies.delete(studyInstanceUID);
  }

  remove(studyInstanceUID: string): boolean {
    return this.#studies.delete(studyInstanceUID);
  }
}

export function instancesOf(study: ArchivedStudy): SyntheticInstance[] {
  return [...study.series.values()].flatMap((series) => [...series.instances.values()]);
}

/** The data set that speaks for a whole study or series: that of its first instance. */
export function firstOf(instances: Iterable<SyntheticInstance>): DataSet | undefined {
  for (const instance of instances) return instance.dataSet;
  return undefined;
}
