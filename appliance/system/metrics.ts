import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Counts } from "../store/index.ts";

export interface MetricsSources {
  readonly counts: () => Promise<Counts>;
  readonly destinations: () => readonly { readonly name: string; readonly state: string }[];
  readonly now: () => Date;
}

export interface Metrics {
  readonly registry: Registry;
  /** Counts a step of an exam. */
  countStep(event: string, code: string | undefined): void;
}

/** What Prometheus reads: counters of steps, and the queue as it stands at each reading. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const steps = new Counter({
    name: "drimbox_exam_steps_total",
    help: "Steps of exams, by event and error code",
    labelNames: ["event", "code"],
    registers,
  });
  new Gauge({
    name: "drimbox_exams",
    help: "Exams, by state",
    labelNames: ["state"],
    registers,
    async collect() {
      const { exams } = await sources.counts();
      for (const [state, count] of Object.entries(exams)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "drimbox_messages",
    help: "Messages kept, by state",
    labelNames: ["state"],
    registers,
    async collect() {
      const { messages } = await sources.counts();
      for (const [state, count] of Object.entries(messages)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "drimbox_oldest_work_seconds",
    help: "Age of the oldest work that the box must do by itself",
    registers,
    async collect() {
      const { oldestWork } = await sources.counts();
      this.set(oldestWork === undefined ? 0 : (sources.now().getTime() - oldestWork.getTime()) / 1000);
    },
  });
  new Gauge({
    name: "drimbox_destination_open",
    help: "1 when a destination is paused by its circuit breaker",
    labelNames: ["destination"],
    registers,
    collect() {
      for (const { name, state } of sources.destinations()) this.set({ destination: name }, state === "closed" ? 0 : 1);
    },
  });
  return {
    registry,
    countStep: (event, code) => steps.inc({ event, code: code ?? "" }),
  };
}
