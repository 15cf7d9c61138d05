/** What the box remembers: messages, exams, submissions and their timelines, durable before they are answered. */
export { storeErrors } from "./errors.ts";
export type * from "./model/audit.ts";
export type * from "./model/statistics.ts";
export type * from "./model/tools.ts";
export type * from "./model/traces.ts";
export type * from "./model.ts";
export { openStore, type Store } from "./store.ts";
