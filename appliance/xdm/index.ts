/** IHE XDM: the archive of what was published, on media (ITI TF-1 16, ITI-32), in the layout of the ANS example. */
export { xdmErrors } from "./errors.ts";
export { archiveName } from "./layout.ts";
export type * from "./model.ts";
export { type ReadOptions, readXdm } from "./read.ts";
export { type WriteOptions, writeXdm } from "./write.ts";
