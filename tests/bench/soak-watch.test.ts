/** The judge of the soak run: it must not call a leak flat, nor noise a leak. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Sample, trendOf } from "../../scripts/soak-watch.ts";

const SAMPLES = 180;

/** Half an hour, a sample each ten seconds. */
function run(rss: (seconds: number, index: number) => number): Sample[] {
  const rest = {
    heap_mb: 0,
    descriptors: 0,
    threads: 0,
    wal_mb: 0,
    event_loop_p99_ms: 0,
    event_loop_max_ms: 0,
    disk_mb: 0,
  };
  return Array.from({ length: SAMPLES }, (_, index) => ({ at: index * 10, rss_mb: rss(index * 10, index), ...rest }));
}
const noise = fc.array(fc.double({ min: -15, max: 15, noNaN: true }), { minLength: SAMPLES, maxLength: SAMPLES });

describe("a soak run", () => {
  it("is flat when it only wavers, and when it grew while it warmed up", () => {
    fc.assert(
      fc.property(noise, (wavers) => {
        expect(
          trendOf(
            run((at, index) => 200 + (at < 500 ? at / 10 : 50) + (wavers[index] ?? 0)),
            "rss_mb",
          ).flat,
        ).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("grows when it leaks 100 MB an hour beneath the same wavering", () => {
    fc.assert(
      fc.property(noise, (wavers) => {
        const trend = trendOf(
          run((at, index) => 200 + at / 36 + (wavers[index] ?? 0)),
          "rss_mb",
        );
        expect(trend.flat).toBe(false);
        expect(trend.an_hour).toBeGreaterThan(50);
      }),
      { numRuns: 50 },
    );
  });

  it("grows when it keeps one descriptor in five minutes", () => {
    expect(
      trendOf(
        run((at) => 40 + Math.floor(at / 300)),
        "rss_mb",
      ).flat,
    ).toBe(false);
    expect(
      trendOf(
        run(() => 40),
        "rss_mb",
      ),
    ).toMatchObject({ median: 40, an_hour: 0, flat: true });
  });
});
