import { type DataSet, type Tag, vrOf } from "../../../appliance/dicom/index.ts";

/** Attribute matching of PS3.4 C.2.2.2, one key against one data set. An empty key matches everything. */
export function matches(identifier: DataSet, tag: Tag, candidate: DataSet): boolean {
  const wanted = identifier.strings(tag).filter((value) => value !== "");
  if (wanted.length === 0) return true;
  const values = candidate.strings(tag);
  const vr = vrOf(tag);
  if (vr === "UI") return wanted.some((uid) => values.includes(uid));
  const [key = ""] = wanted;
  if (vr === "DA" || vr === "TM") return values.some((value) => inRange(value, key));
  const pattern = wildcard(key, vr === "PN");
  return (values.length === 0 ? [""] : values).some((value) => pattern.test(value));
}

/** `from-to`, either end open, or a single value. */
function inRange(value: string, key: string): boolean {
  const [from = "", to] = key.split("-");
  if (to === undefined) return value === key;
  return (from === "" || value >= from) && (to === "" || value.slice(0, to.length) <= to);
}

/** `*` is any sequence, `?` any one character; every other character is itself. */
function wildcard(key: string, ignoreCase: boolean): RegExp {
  const source = key
    .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, ignoreCase ? "isu" : "su");
}
