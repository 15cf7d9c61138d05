/** The operator's tools: long jobs over the exams in the record, messages replayed and rehearsed. */
export { toolErrors } from "./errors.ts";
export { type JobKind, refused, type WorkingHours } from "./job.ts";
export { manifestAddress } from "./readdress.ts";
export type { Rehearsal, RehearsedExam, RehearsedStudy, Told } from "./rehearse.ts";
export type { Replayed } from "./replay.ts";
export { createJobRunner, type JobRunner } from "./runner.ts";
export { createTools, jobKinds, type Tools } from "./tools.ts";
