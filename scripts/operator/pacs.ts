/** What the PACS can do. */
import { said } from "../../appliance/base/index.ts";
import type { FindingFacts, JobFacts } from "../lib/local-api.ts";
import { type Command, type Context, local, query } from "./command.ts";
import { startJob } from "./jobs.ts";
import { findingLine, isBad, measureLines } from "./measures.ts";

interface Probes {
  readonly probes: readonly {
    readonly pacs: string;
    readonly profile: Readonly<Record<string, unknown>>;
    readonly findings: readonly FindingFacts[];
  }[];
}

/** A probe is given up by the box after a minute. */
const TIMEOUT_MS = 120_000;
/** Measures that the history shows. */
const LATEST = "10";

export const pacsCommands: readonly Command[] = [
  {
    name: "probe-pacs",
    usage: "[NOM] [--study UID]",
    help: "demander aux PACS ce qu'ils savent faire, sans rien y changer",
    takes: ["study"],
    async run({ args, values, call, show }) {
      const body = {
        ...(args[0] !== undefined && { pacs: args[0] }),
        ...(values.study !== undefined && { studyInstanceUID: values.study }),
      };
      const { probes } = show<Probes>(await call("POST", "/pacs/probe", { body, timeoutMs: TIMEOUT_MS }), probeLines);
      return !probes.some(isBad);
    },
  },
  {
    name: "speedtest-pacs",
    usage:
      "[NOM] [--study UID] [--way c-get|c-move|wado-rs] [--now] [--during HH:MM-HH:MM] [--except HH:MM-HH:MM] | --history",
    help: "mesurer le débit des PACS, hors production (9 h-18 h) ou --now ; --history : les dernières mesures",
    takes: ["study", "way", "now", "history", "during", "except", "wait"],
    async run(context) {
      if (context.values.history) return history(context);
      const { study, way, now, during, except, wait } = context.values;
      const [pacs] = context.args;
      // One that waits for its hours is followed only when asked to.
      const follow = wait === true || (during === undefined && except === undefined);
      return startJob(context, { kind: "speedtest", ...said({ pacs, study, way, now }) }, follow);
    },
  },
];

function probeLines({ probes }: Probes): string[] {
  return probes.flatMap(({ pacs, profile, findings }) => [
    `${pacs} :`,
    ...findings.map(findingLine),
    `  profil : ${Object.entries(profile)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(" ")}`,
  ]);
}

async function history({ call, show }: Context): Promise<void> {
  show<{ jobs: JobFacts[] }>(await call("GET", `/jobs${query({ kind: "speedtest", limit: LATEST })}`), ({ jobs }) => {
    const lines = jobs.flatMap(({ createdAt, found }) =>
      (found?.measures ?? []).flatMap((measure) => [local(createdAt), ...measureLines(measure)]),
    );
    return lines.length === 0 ? ["Aucune mesure."] : lines;
  });
}
