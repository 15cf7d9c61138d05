/** One attribute of the DICOM JSON model. */
export interface Attribute {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}
export type JsonDataSet = Readonly<Record<string, Attribute>>;

/** What two tellings of one data set do not agree on, one line each. */
export function differences(ours: JsonDataSet, theirs: JsonDataSet, path = ""): string[] {
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((tag) => {
    const [one, other] = [ours[tag], theirs[tag]];
    if (one?.vr === "SQ" && other?.vr === "SQ" && one.Value?.length === other.Value?.length) {
      return (one.Value ?? []).flatMap((item, index) =>
        differences(item as JsonDataSet, other.Value![index] as JsonDataSet, `${path}${tag}/${index + 1}/`),
      );
    }
    if (isSame(tag, one, other)) return [];
    return [`${path}${tag}: ours ${short(one)}, theirs ${short(other)}`];
  });
}

function short(attribute: Attribute | undefined): string {
  return JSON.stringify(attribute)?.slice(0, 200) ?? "absent";
}

function isSame(tag: string, one: Attribute | undefined, other: Attribute | undefined): boolean {
  // They keep the name of the set that the text was in before it became Unicode; we say what it is in now.
  if (tag === "00080005") return true;
  // Orthanc has an address for every byte of a value, or leaves it out.
  if (isBytes(one) && (other === undefined || other.BulkDataURI !== undefined)) return true;
  if (one === undefined || other === undefined) return false;
  // They leave as it came what came as UN; we tell what the dictionary knows of it.
  if (other.vr === "UN" && one.vr !== "UN") return true;
  if (one.vr !== other.vr) return false;
  const [ours, theirs] = [one, other].map(({ Value = [] }) => Value.map(plain).filter(isSaid)) as [
    unknown[],
    unknown[],
  ];
  const same = ours.length === theirs.length && ours.every((value, index) => sameValue(value, theirs[index]));
  return same && one.InlineBinary === other.InlineBinary;
}

const isBytes = (attribute: Attribute | undefined) =>
  attribute?.InlineBinary !== undefined || attribute?.BulkDataURI !== undefined;

/** DCMTK leaves the empty components behind a name away, Orthanc the spaces behind a value where they are. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return value.trim();
  if (typeof value !== "object" || value === null) return value;
  return Object.values(value)
    .map((group) => (group as string).replace(/\^+$/, ""))
    .join("=")
    .replace(/=+$/, "");
}

const isSaid = (value: unknown) => value !== "" && value !== null;

/** DCMTK writes nine digits of single precision, and the last of double precision is not always that of the number. */
function sameValue(one: unknown, other: unknown): boolean {
  if (typeof one !== "number" || typeof other !== "number") return one === other;
  return Math.abs(one - other) <= Math.abs(one) * 1e-7;
}
