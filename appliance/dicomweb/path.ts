import { fault } from "./errors.ts";

/** What an address of the Retrieve transaction names (PS3.18 10.4.1), below the base. */
export interface Resource {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
  readonly what: "objects" | "metadata" | "rendered" | "thumbnail" | "frames" | "bulkdata";
  /** From 1, in the order asked for; frames, or those of a rendered or thumbnail image. */
  readonly frames?: readonly number[];
  /** Tags and item numbers, as `BulkDataURI` of the metadata has them. */
  readonly bulk?: readonly string[];
}

/** What modalities really use; anything but digits and dots is no UID. */
const UID = /^\d+(\.\d+)*$/;
const LONGEST_UID = 64;
const LONGEST_PATH = 1024;
const MOST_FRAMES = 100;
/** A tag, or the number of an item. */
const BULK_STEP = /^([0-9A-F]{8}|\d{1,5})$/;
const DEEPEST_BULK = 33;

/**
 * The resource of a path that begins behind the base, with its slash: `/studies/1.2/series/1.3`. Undefined when no route has
 * this form; throws DICOMWEB_PATH_INVALID when one has, but its UIDs or numbers are none. Nothing is decoded: a UID has no
 * character to encode, so that what is encoded is something else.
 */
export function parsePath(path: string): Resource | undefined {
  if (path.length > LONGEST_PATH) return undefined;
  const [empty, studies, study, ...rest] = path.replace(/\/$/, "").split("/");
  if (empty !== "" || studies !== "studies" || study === undefined) return undefined;
  const studyInstanceUID = uid(study);
  if (rest[0] !== "series") return within({ studyInstanceUID }, rest);
  if (rest[1] === undefined) return undefined;
  const seriesInstanceUID = uid(rest[1]);
  if (rest[2] !== "instances") return within({ studyInstanceUID, seriesInstanceUID }, rest.slice(2));
  if (rest[3] === undefined) return undefined;
  return ofInstance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID: uid(rest[3]) }, rest.slice(4));
}

type Named = Omit<Resource, "what">;

function within(named: Named, [what, ...more]: readonly string[]): Resource | undefined {
  if (more.length > 0) return undefined;
  if (what === undefined) return { ...named, what: "objects" };
  return what === "metadata" || what === "rendered" || what === "thumbnail" ? { ...named, what } : undefined;
}

function ofInstance(named: Named, rest: readonly string[]): Resource | undefined {
  const [what, list, picture, ...more] = rest;
  if (what === "bulkdata") {
    const bulk = rest.slice(1);
    if (bulk.length === 0 || bulk.length > DEEPEST_BULK || !bulk.every((step) => BULK_STEP.test(step))) {
      throw fault("DICOMWEB_PATH_INVALID");
    }
    return { ...named, what: "bulkdata", bulk };
  }
  if (what !== "frames") return within(named, rest);
  if (list === undefined || more.length > 0) return undefined;
  const frames = frameNumbers(list);
  if (picture === undefined) return { ...named, what: "frames", frames };
  return picture === "rendered" || picture === "thumbnail" ? { ...named, what: picture, frames } : undefined;
}

/** `1`, or `1,2,5`; some clients encode the comma. */
function frameNumbers(list: string): number[] {
  const numbers = list.split(/,|%2C/i);
  const possible = numbers.length <= MOST_FRAMES && numbers.every((text) => /^[1-9]\d{0,8}$/.test(text));
  if (!possible) throw fault("DICOMWEB_PATH_INVALID");
  return numbers.map(Number);
}

function uid(text: string): string {
  if (text.length > LONGEST_UID || !UID.test(text)) throw fault("DICOMWEB_PATH_INVALID");
  return text;
}
