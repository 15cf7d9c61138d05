import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import { routes, type What } from "./routes.ts";

/** What an address of the Retrieve transaction names (PS3.18 10.4.1), below the base. */
export interface Resource {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
  readonly what: What;
  /** From 1, in the order asked for; frames, or those of a rendered or thumbnail image. */
  readonly frames?: readonly number[];
  /** Tags and item numbers, as `BulkDataURI` of the metadata has them. */
  readonly bulk?: readonly string[];
}

/** What modalities really use; anything but digits and dots is no UID. */
const UID = /^\d+(\.\d+)*$/;
/** PS3.5 9.1. */
const LONGEST_UID = 64;
/** Three UIDs and a hundred frames are 700. */
const LONGEST_PATH = 1024;
const MOST_FRAMES = 100;
/** A tag, or the number of an item. */
const BULK_STEP = /^([0-9A-F]{8}|\d{1,5})$/;
/** A tag and an item for each of 16 levels of sequences, more than any IOD has, and the tag of the value. */
const DEEPEST_BULK = 33;

const patterns = routes.map(({ path, what }) => ({ what, steps: stepsOf(path) }));

/**
 * The resource of a path that begins behind the base, with its slash: `/studies/1.2/series/1.3`. Undefined when no route has
 * this form; throws DICOMWEB_PATH_INVALID when one has, but its UIDs or numbers are none. Nothing is decoded: a UID has no
 * character to encode, so that what is encoded is something else.
 */
export function parsePath(path: string): Resource | undefined {
  if (path.length > LONGEST_PATH || !path.startsWith("/")) return undefined;
  const steps = stepsOf(path);
  const pattern = patterns.find((one) => fits(one.steps, steps));
  if (pattern === undefined) return undefined;
  const variable = (name: string): string | undefined => steps[pattern.steps.indexOf(`{${name}}`)];
  const bulk = pattern.what === "bulkdata" ? steps.slice(pattern.steps.length - 1) : undefined;
  return said({
    what: pattern.what,
    studyInstanceUID: uid(variable("study") ?? ""),
    seriesInstanceUID: when(variable("series"), uid),
    sopInstanceUID: when(variable("instance"), uid),
    frames: when(variable("frames"), frameNumbers),
    bulk: when(bulk, bulkSteps),
  });
}

/** One trailing slash does no harm. */
function stepsOf(path: string): readonly string[] {
  return path.slice(1).replace(/\/$/, "").split("/");
}

/** An attribute may be steps below others; any other variable is one step. */
function fits(pattern: readonly string[], steps: readonly string[]): boolean {
  const long = pattern.at(-1) === "{attribute}" && steps.length > pattern.length;
  if (!long && pattern.length !== steps.length) return false;
  return pattern.every((step, index) => step.startsWith("{") || step === steps[index]);
}

function when<T, R>(value: T | undefined, read: (value: T) => R): R | undefined {
  return value === undefined ? undefined : read(value);
}

function uid(text: string): string {
  if (text.length > LONGEST_UID || !UID.test(text)) throw fault("DICOMWEB_PATH_INVALID");
  return text;
}

/** `1`, or `1,2,5`; some clients encode the comma. */
function frameNumbers(list: string): number[] {
  const numbers = list.split(/,|%2C/i);
  const possible = numbers.length <= MOST_FRAMES && numbers.every((text) => /^[1-9]\d{0,8}$/.test(text));
  if (!possible) throw fault("DICOMWEB_PATH_INVALID");
  return numbers.map(Number);
}

function bulkSteps(steps: readonly string[]): readonly string[] {
  const possible = steps.length <= DEEPEST_BULK && steps.every((step) => BULK_STEP.test(step));
  if (!possible) throw fault("DICOMWEB_PATH_INVALID");
  return steps;
}
