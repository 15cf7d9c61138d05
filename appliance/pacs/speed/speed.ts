import { asCoded } from "../../base/index.ts";
import { explain } from "../explain.ts";
import { because, type Finding } from "../finding.ts";
import { METHOD_NAMES } from "../profile.ts";
import { conversions } from "./conversions.ts";
import { speedFinding } from "./findings.ts";
import { Measure, type Speed, type SpeedTestOptions } from "./measure.ts";

/** What is asked of every site, in Mbit/s (DB.SO.100). */
const MINIMUM = 100;

/** Less does not tell the throughput from the latency, in bytes: 4 s at the minimum. The reference study has four times that. */
const ENOUGH_BYTES = 50_000_000;

export interface SpeedTest {
  readonly speeds: readonly Speed[];
  readonly findings: readonly Finding[];
}

/**
 * Has a study sent in each way that a PACS has, keeps nothing of it, and says how fast it came and whether the PACS converted it.
 * The images are asked for as other boxes ask for them, one series after the other, when nobody else waits for any. What the PACS
 * does wrong is a finding; rejects only when `signal` is aborted.
 */
export async function testSpeed(options: SpeedTestOptions): Promise<SpeedTest> {
  const { pacs, method: only, signal } = options;
  const measures: Measure[] = [];
  const findings: Finding[] = [];
  for (const method of pacs.ways.filter((one) => only === undefined || one === only)) {
    const measure = new Measure(options, method);
    try {
      await measure.run();
      measures.push(measure);
      findings.push(...verdict(measure.speed));
    } catch (error) {
      signal.throwIfAborted();
      const why = asCoded(error, (cause) => explain(cause, pacs.name, METHOD_NAMES[method]));
      findings.push(because(speedFinding("SPEED_NOT_MEASURED", { method: METHOD_NAMES[method] }), why));
    }
  }
  if (measures.length === 0) findings.push(speedFinding("SPEED_NO_WAY"));
  findings.push(...(await conversions(options, measures)));
  return { speeds: measures.map(({ speed }) => speed), findings };
}

function verdict({ method: way, images, expected, ...speed }: Speed): Finding[] {
  const method = METHOD_NAMES[way];
  const rate = speed.megabitsPerSecond;
  const details = { method, rate, first: speed.firstImageMs, minimum: MINIMUM };
  const small = { megabytes: Math.round(speed.bytes / 1e5) / 10, least: ENOUGH_BYTES / 1e6 };
  const missing = images < expected ? [speedFinding("SPEED_INCOMPLETE", { method, received: images, expected })] : [];
  if (rate >= MINIMUM) return [speedFinding("SPEED_ENOUGH", details), ...missing];
  const enough = speed.bytes >= ENOUGH_BYTES;
  return [speedFinding(enough ? "SPEED_TOO_LOW" : "SPEED_UNSURE", { ...details, ...small }), ...missing];
}
