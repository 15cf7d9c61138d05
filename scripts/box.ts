/**
 * The operator's window on a running box, over its local API (a Unix socket in the data folder). `box help` lists the
 * commands; each family is a file of `operator/`.
 *
 * Exit code: 0 done, 1 refused or the finding is bad, 2 not called as it should be.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { callApi } from "./lib/local-api.ts";
import { auditCommands } from "./operator/audit.ts";
import { backupCommands } from "./operator/backup.ts";
import { type Command, type Context, type OptionName, options, UsageError, type Values } from "./operator/command.ts";
import { examCommands } from "./operator/exams.ts";
import { jobCommands } from "./operator/jobs.ts";
import { messageCommands } from "./operator/messages.ts";
import { pacsCommands } from "./operator/pacs.ts";
import { statusCommands } from "./operator/status.ts";

const commands: readonly Command[] = [
  ...statusCommands,
  ...examCommands,
  ...messageCommands,
  ...jobCommands,
  ...pacsCommands,
  ...backupCommands,
  ...auditCommands,
];
const DEMO = fileURLToPath(new URL("../build/demo/box", import.meta.url));
/** What every command takes. */
const common: readonly OptionName[] = ["data", "json", "help"];

try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [name, ...args] = positionals;
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    if (name !== undefined && name !== "help")
      throw new UsageError(`box ${name} n'existe pas ; les commandes : box help`);
    console.log(usage());
    return 0;
  }
  if (values.help) {
    console.log(`${usageOf(command)}\n  ${command.help}`);
    return 0;
  }
  const foreign = Object.keys(values).find(
    (option) => ![...common, ...(command.takes ?? [])].includes(option as OptionName),
  );
  if (foreign !== undefined) throw new UsageError(`--${foreign} ?\n${usageOf(command)}`);
  try {
    return (await command.run(contextOf(args, values))) === false ? 1 : 0;
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${error.message}\n${usageOf(command)}`) : error;
  }
}

function readArguments(): { readonly values: Values; readonly positionals: string[] } {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch {
    throw new UsageError("Option inconnue, ou sans sa valeur ; les commandes : box help");
  }
}

function contextOf(args: readonly string[], values: Values): Context {
  const data = resolve(values.data ?? process.env.DRIMBOX_DATA ?? DEMO);
  const socket = join(data, "box.sock");
  return {
    args,
    values,
    data,
    call: (method, path, how) => callApi(socket, method, path, how),
    show(body, lines) {
      const answer = JSON.parse(body.toString());
      console.log(values.json ? JSON.stringify(answer, undefined, 2) : lines(answer).join("\n"));
      return answer;
    },
    print: (text) => console.log(text),
  };
}

function usageOf({ name, usage: rest }: Command): string {
  return `box ${name} ${rest}`.trimEnd();
}

function usage(): string {
  return [
    "box COMMANDE",
    ...commands.map((command) => `  ${usageOf(command)}\n      ${command.help}`),
    "  --data DOSSIER   dossier des données de la DRIMbox (DRIMBOX_DATA ; à défaut build/demo/box)",
    "  --json           la réponse telle quelle",
    "  --help           l'aide d'une commande",
  ].join("\n");
}
