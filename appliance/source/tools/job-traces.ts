import { type OperatorEvent, operatorAction } from "../../audit/index.ts";
import type { CodedError } from "../../base/index.ts";
import type { AuditUser, Job, Traces } from "../../store/index.ts";

type Asked = Pick<Job, "kind" | "parameters">;

/** What takes data out of the box or brings it in is told once more at its end, with what came of it. */
const told: Readonly<Record<string, OperatorEvent>> = { export: "archive-exported", import: "archive-imported" };

/** Who asked for a job: the account is kept among its parameters, for it may end after a restart. */
export function askerOf({ parameters: { operator } }: Pick<Job, "parameters">): AuditUser | undefined {
  return typeof operator === "string" ? { id: operator } : undefined;
}

/** What the start of a job leaves in the audit trail; the store adds its number. */
export function startTraces(job: Asked, at: Date): Traces {
  return { audit: [operatorAction("job-started", { at, users: usersOf(job), facts: factsOf(job) })] };
}

/** What a step of a job leaves: nothing before its end. */
export function endTraces(job: Job, fault: CodedError | undefined, at: Date): Traces {
  const event = told[job.kind];
  if (event === undefined || job.state === "running") return {};
  const facts = { job: job.id, done: job.done, ...factsOf(job) };
  return { audit: [operatorAction(event, { at, fault, users: usersOf(job), facts })] };
}

/** What a cancelled job leaves, and who cancelled it. */
export function cancelTraces(job: Job, operator: AuditUser | undefined, at: Date): Traces {
  const users = operator === undefined ? [] : [operator];
  return {
    audit: [operatorAction("job-cancelled", { at, users, facts: { job: job.id, done: job.done, ...factsOf(job) } })],
  };
}

function usersOf(job: Asked): AuditUser[] {
  const asker = askerOf(job);
  return asker === undefined ? [] : [asker];
}

/** What was asked for, as far as it is told. */
const NAMED = ["folder", "file", "code", "pacs", "study", "way"];

function factsOf({ kind, parameters }: Asked): Readonly<Record<string, string>> {
  const named = NAMED.map((name) => [name, parameters[name]] as const);
  return { kind, ...Object.fromEntries(named.filter((one): one is [string, string] => typeof one[1] === "string")) };
}
