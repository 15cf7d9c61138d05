import { said } from "../../base/index.ts";
import { countOf, type FoundStudy, type Pacs, pacsErrors, type SpeedTest, testSpeed } from "../../pacs/index.ts";
import type { Store } from "../../store/index.ts";
import { opening } from "../work/bounds.ts";
import { toolErrors } from "./errors.ts";
import type { JobContext, JobKind } from "./job.ts";

/** The study that the ANS measures with: about 210 MB of JPEG-LS (requirements 2H.101). */
const REFERENCE_STUDY = "1.2.250.1.213.4.5.2.1.199";
/** When a site works: a reference is measured outside (DB.SO.102). */
const PRODUCTION = { from: "09:00", to: "18:00" };
/** Of so many exams, the latest with so many images; otherwise the one that has most. */
const LATEST = 50;
const ENOUGH_IMAGES = 100;

export interface SpeedJobOptions {
  readonly store: Pick<Store, "exams" | "currentSubmission">;
  readonly archives: readonly Pacs[];
  /** IANA time zone of the site. */
  readonly timeZone: string;
  readonly now: () => Date;
}

/** What a job found out about one PACS: how fast it sends. */
export interface MeasuredPacs extends SpeedTest {
  readonly pacs: string;
  readonly studyInstanceUID: string;
  /** While the site worked: not a reference. */
  readonly production: boolean;
}

/**
 * The speed test (DB.SO.102): has a study sent by each PACS, or by the one that is named, and says how fast it came. The parameter
 * `study` names it; otherwise it is the reference study, or a recent one. An interrupted job measures again.
 */
export function speedJob({ store, archives, timeZone, now }: SpeedJobOptions): JobKind {
  const closed = opening(PRODUCTION, timeZone, now);

  return async (context) => {
    const { pacs, study, way, now: atOnce } = context.job.parameters;
    const asked = archives.filter(({ name }) => pacs === undefined || name === pacs);
    if (asked.length === 0) throw pacsErrors.fault("PACS_UNKNOWN", { details: { pacs: String(pacs ?? "") } });
    await context.step({ total: context.job.done });
    await context.turn();
    const production = closed() === 0;
    if (production && atOnce !== true) throw toolErrors.fault("SOURCE_SPEED_TEST_HOURS", { details: PRODUCTION });
    const measures: MeasuredPacs[] = [];
    for (const archive of asked) {
      const chosen = await choose(archive, typeof study === "string" ? study : undefined, store, context.signal);
      const { studyInstanceUID } = chosen;
      const method = archive.ways.find((one) => one === way);
      if (way !== undefined && method === undefined) {
        throw pacsErrors.fault("PACS_NO_RETRIEVE", { details: { pacs: archive.name } });
      }
      const ways = method === undefined ? archive.ways.length : 1;
      await context.step({ total: context.job.total + countOf(chosen) * ways });
      const test = await testSpeed(
        said({ pacs: archive, study: chosen, method, signal: context.signal, onSeries: received(context) }),
      );
      measures.push({ pacs: archive.name, studyInstanceUID, production, ...test });
      await context.step({ found: { measures } });
    }
  };
}

function received(context: JobContext) {
  return (images: number) => context.step({ results: Array<string>(images).fill("received") });
}

/** The study to measure with. Throws `PACS_*` when the PACS cannot be asked, SOURCE_SPEED_TEST_NO_STUDY when there is none. */
async function choose(
  archive: Pacs,
  given: string | undefined,
  store: SpeedJobOptions["store"],
  signal: AbortSignal,
): Promise<FoundStudy> {
  const candidates = given === undefined ? [REFERENCE_STUDY, ...(await recent(archive.name, store))] : [given];
  for (const uid of candidates) {
    const study = await archive.findStudy(uid, { signal });
    if (study !== undefined && countOf(study) > 0) return study;
  }
  throw toolErrors.fault("SOURCE_SPEED_TEST_NO_STUDY", { details: { pacs: archive.name } });
}

/** Published studies of that PACS: those with enough images, the latest first, then the others, the largest first. */
async function recent(pacs: string, store: SpeedJobOptions["store"]): Promise<string[]> {
  const found: { readonly uid: string; readonly images: number }[] = [];
  for (const { id, studyInstanceUID: uid } of await store.exams({ state: "published", limit: LATEST })) {
    const submission = await store.currentSubmission({ examId: id });
    if (submission?.pacs === pacs) found.push({ uid, images: submission.instanceCount });
  }
  const worth = ({ images }: { readonly images: number }) => Math.min(images, ENOUGH_IMAGES);
  return found.toSorted((one, other) => worth(other) - worth(one)).map(({ uid }) => uid);
}
