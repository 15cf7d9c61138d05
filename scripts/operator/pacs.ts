/** What the PACS can do. */
import type { Command } from "./command.ts";

interface Probes {
  readonly probes: readonly {
    readonly pacs: string;
    readonly profile: Readonly<Record<string, unknown>>;
    readonly findings: readonly { readonly code: string; readonly weight: string; readonly fr: string }[];
  }[];
}

/** A probe is given up by the box after a minute. */
const TIMEOUT_MS = 120_000;
const marks: Readonly<Record<string, string>> = { good: "✓", limit: "!", problem: "✗" };

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
      return probes.every(({ findings }) => findings.every(({ weight }) => weight !== "problem"));
    },
  },
];

function probeLines({ probes }: Probes): string[] {
  return probes.flatMap(({ pacs, profile, findings }) => [
    `${pacs} :`,
    ...findings.map(({ code, weight, fr }) => `  ${marks[weight] ?? "?"} ${fr} [${code}]`),
    `  profil : ${Object.entries(profile)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(" ")}`,
  ]);
}
