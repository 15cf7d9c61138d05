import { fault } from "./errors.ts";
import type { ManifestInstance, ManifestSeries } from "./model.ts";
import type { Pause } from "./pause.ts";
import { uid } from "./text.ts";

/** Instances of one manifest. The largest studies of the field (cardiac CT, whole slide) stay below 50,000. */
export const INSTANCE_LIMIT = 200_000;

/** Instances checked between two looks at the clock: less than 1 ms. */
const INSTANCES_AT_ONCE = 512;

/**
 * The series and instances that a manifest refers to: in the given order, UIDs checked, series without instance left out.
 *
 * An instance given twice with the same class and series is kept once: PACS answer so when a study is stored twice. In two
 * series, or with two classes, it contradicts the information model (PS3.3 A.1.2: an instance belongs to one series).
 *
 * Key objects of the site (key images, rejection notes) are referenced like any instance, as the query does not tell them
 * apart; only the series of our own manifests of this study, `ownSeriesUID`, never is: no manifest lists itself.
 */
export async function references(
  series: readonly ManifestSeries[],
  ownSeriesUID: string,
  pause: Pause,
): Promise<readonly ManifestSeries[]> {
  const count = series.reduce((sum, { instances }) => sum + instances.length, 0);
  if (count > INSTANCE_LIMIT) throw fault("KOS_TOO_MANY_INSTANCES", { details: { count, limit: INSTANCE_LIMIT } });

  const seriesUIDs = new Set<string>();
  const known = new Map<string, string>();
  const checked: ManifestSeries[] = [];
  for (const [index, one] of series.entries()) {
    const where = `series[${index}]`;
    const seriesInstanceUID = uid(one.seriesInstanceUID, where);
    if (seriesInstanceUID === ownSeriesUID) continue;
    if (seriesUIDs.has(seriesInstanceUID)) throw fault("KOS_DUPLICATE", { where });
    seriesUIDs.add(seriesInstanceUID);

    const instances: ManifestInstance[] = [];
    for (const [position, instance] of one.instances.entries()) {
      if (position % INSTANCES_AT_ONCE === 0) await pause();
      const place = `${where}.instances[${position}]`;
      const sopClassUID = uid(instance.sopClassUID, place);
      const sopInstanceUID = uid(instance.sopInstanceUID, place);
      const identity = `${seriesInstanceUID} ${sopClassUID}`;
      const before = known.get(sopInstanceUID);
      if (before === identity) continue;
      if (before !== undefined) throw fault("KOS_DUPLICATE", { where: place });
      known.set(sopInstanceUID, identity);
      instances.push({ ...instance, sopClassUID, sopInstanceUID });
    }
    if (instances.length > 0) checked.push({ ...one, seriesInstanceUID, instances });
  }
  if (checked.length === 0) throw fault("KOS_EMPTY_STUDY");
  return checked;
}
