import type { Resource } from "../../dicomweb/index.ts";
import type { WantedSeries } from "../../images/index.ts";
import { sourceErrors } from "../errors.ts";
import type { ServedManifest } from "./manifests.ts";

/** The images that a resource names, all of them in the manifest. Throws SOURCE_NOT_IN_MANIFEST. */
export function planOf(resource: Resource, { studyInstanceUID, series }: ServedManifest): readonly WantedSeries[] {
  const { seriesInstanceUID, sopInstanceUID } = resource;
  const notThere = () => sourceErrors.fault("SOURCE_NOT_IN_MANIFEST");
  if (resource.studyInstanceUID !== studyInstanceUID || series.length === 0) throw notThere();
  if (seriesInstanceUID === undefined) return series;
  const named = series.find((one) => one.seriesInstanceUID === seriesInstanceUID);
  if (named === undefined) throw notThere();
  if (sopInstanceUID === undefined) return [named];
  const instances = named.instances.filter((one) => one.sopInstanceUID === sopInstanceUID);
  if (instances.length === 0) throw notThere();
  return [{ ...named, instances, partOf: named.instances }];
}
