/** A clock that jumps in the middle of the work: nothing is put off for a year, nothing is tried in a storm, nothing is lost. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { images } from "./people.ts";
import { type Case, eventually, manifestsOf, openPractice, type Practice } from "./practice.ts";

const YEAR_MS = 365 * 24 * 3600 * 1000;
/** Long enough that nothing falls due again within a test by itself. */
const PATIENT = { retryFirstSeconds: 600, retryLongestSeconds: 3600, recheckHours: [1, 1], studyWaitDays: 30 } as const;
const TICK_MS = 5;
/** What an exam lives through at most here: each jump makes what waited due once, and a look is two steps. */
const FEW = 10;

/** Time goes on from the other instant, until the function that is given is called. Timers keep their pace. */
function jump(ms: number): () => void {
  const [base, from] = [Date.now() + ms, performance.now()];
  vi.useFakeTimers({ toFake: ["Date"], now: base });
  const tick = setInterval(() => vi.setSystemTime(base + performance.now() - from), TICK_MS);
  return () => {
    clearInterval(tick);
    vi.useRealTimers();
  };
}

async function steps(practice: Practice, one: Case): Promise<string[]> {
  return (await practice.exam(one)).timeline.map(({ kind, code }) => (code === undefined ? kind : `${kind} ${code}`));
}

async function happens(practice: Practice, one: Case, kinds: RegExp): Promise<void> {
  await eventually(async () => (await steps(practice, one)).some((step) => kinds.test(step)), String(kinds));
}

describe("a clock that jumps by a year", () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    { way: "ahead, and back", ms: YEAR_MS },
    { way: "behind, and ahead again", ms: -YEAR_MS },
  ])("$way: what waited goes on, once", async ({ ms }) => {
    await using practice = await openPractice({ settings: { source: PATIENT } });
    const cases = Array.from({ length: 5 }, () => practice.newCase());
    const [published, publishing, searching, meanwhile, after] = cases as [Case, Case, Case, Case, Case];
    await practice.submit(published);
    await practice.reaches(published, "published");
    practice.site.dmp.faults.next({ kind: "registryError" });
    await practice.submit(publishing);
    await happens(practice, publishing, /^fault/);
    await practice.report(searching);
    await happens(practice, searching, /^absent/);

    const restore = jump(ms);
    await practice.submit(meanwhile);
    await happens(practice, meanwhile, /^(prepared|fault|doubted)/);
    restore();
    practice.pacs.add(images(searching.patient, searching.study));
    await practice.submit(after);
    for (const one of [after, publishing, meanwhile, searching]) await practice.reaches(one, "published");
    for (const one of cases) {
      expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
      expect((await steps(practice, one)).length).toBeLessThanOrEqual(FEW);
    }
    expect(Object.values(await practice.destinations())).toEqual(["closed", "closed"]);
  });
});
