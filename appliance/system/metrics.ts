import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Counts } from "../store/index.ts";

export interface MetricsSources {
  readonly counts: () => Promise<Counts>;
  readonly destinations: () => readonly { readonly name: string; readonly state: string }[];
  readonly now: () => Date;
}

export interface Metrics {
  /** All metrics as they are now, in Prometheus's text format. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Counts a step of an exam. */
  countStep(event: string, code: string | undefined): void;
  /** Counts a study that was to be brought before anybody asks: it was, or the error code says why not. */
  countPrefetch(code: string | undefined): void;
  /** Counts an opening of a report's link: by whom, and the error code of one that was refused. */
  countLink(reader: string, code: string | undefined): void;
}

/** What Prometheus reads: counters of steps, and the queue as it stands at each reading. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers });

  const steps = new Counter({
    name: "drimbox_exam_steps_total",
    help: "Steps of exams, by event and error code",
    labelNames: ["event", "code"],
    registers,
  });
  const prefetches = new Counter({
    name: "drimbox_studies_prefetched_total",
    help: "Studies brought from the PACS before anybody asks, by error code",
    labelNames: ["code"],
    registers,
  });
  const links = new Counter({
    name: "drimbox_links_opened_total",
    help: "Openings of reports' links, by reader and error code",
    labelNames: ["reader", "code"],
    registers,
  });
  const up = gauge("drimbox_store_up", "1 when the local database answers");
  const exams = gauge("drimbox_exams", "Exams, by state", "state");
  const flagged = gauge("drimbox_exams_flagged", "Published exams that a person should look at");
  const messages = gauge("drimbox_messages", "Messages kept, by state", "state");
  const oldest = gauge("drimbox_oldest_work_seconds", "Age of the oldest work that the box must do by itself");
  const paused = gauge(
    "drimbox_destination_open",
    "1 when a destination is paused by its circuit breaker",
    "destination",
  );

  async function readCounts(): Promise<void> {
    const counts = await sources.counts();
    for (const [state, count] of Object.entries(counts.exams)) exams.set({ state }, count);
    for (const [state, count] of Object.entries(counts.messages)) messages.set({ state }, count);
    flagged.set(counts.flagged);
    const since = counts.oldestWork?.getTime() ?? Number.NaN;
    oldest.set(Number.isNaN(since) ? 0 : (sources.now().getTime() - since) / 1000);
  }

  return {
    async read() {
      for (const { name, state } of sources.destinations())
        paused.set({ destination: name }, state === "closed" ? 0 : 1);
      // A dead database is when metrics matter most: the rest is told all the same.
      await readCounts().then(
        () => up.set(1),
        () => up.set(0),
      );
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    countStep: (event, code) => steps.inc({ event, code: code ?? "" }),
    countPrefetch: (code) => prefetches.inc({ code: code ?? "" }),
    countLink: (reader, code) => links.inc({ reader, code: code ?? "" }),
  };
}
