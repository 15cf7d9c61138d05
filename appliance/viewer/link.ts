import { said } from "../base/index.ts";
import { viewerErrors } from "./errors.ts";
import type { Link } from "./model.ts";

/** Four times what a whole link needs; a QR code of a report holds less. */
const LONGEST_QUERY = 1024;
/** PS3.5 9.1; components may have leading zeros, as some peers write them. */
const UID = /^(?=.{1,64}$)\d+(\.\d+)+$/;
/** An accession number has 16 characters at most, not all of them blanks, and the OID of its authority may stand before it. */
const ACCESSION = /^(?=.*\S)[^\p{C}\\]{1,96}$/u;
/** The `id` of the CDA: its root (an OID or a UUID), and its extension after `_` or `^` if it has one. */
const DOCUMENT = /^([0-9A-Za-z.-]{1,64})(?:[_^]([\x21-\x7e]{0,128}))?$/;
/** What RAD-106 lets a caller wish of the display: taken, and nothing here depends on it. */
const WISH = /^[\w.-]{0,64}$/;

/** The parameters by RAD-106 (table 4.106.4.1-2) and the volets; CI-SIS writes `Accessionnumber`. */
const names = {
  requestType: "requestType",
  studyUID: "studyUID",
  seriesUID: "seriesUID",
  accessionNumber: "accessionNumber",
  Accessionnumber: "accessionNumber",
  idCDA: "idCDA",
  viewerType: "viewerType",
  diagnosticQuality: "diagnosticQuality",
  keyImagesOnly: "keyImagesOnly",
} as const;
type Parameter = (typeof names)[keyof typeof names];

/**
 * Reads the query of a link. Values are those of the table or none: a parameter that is unknown, doubled, missing or
 * malformed refuses the whole. Throws VIEWER_LINK_INVALID, which names the parameter and never repeats what was sent.
 */
export function parseLink(query: string): Link {
  if (query.length > LONGEST_QUERY) throw invalid("…");
  const given = new Map<Parameter, string>();
  for (const [written, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(names, written)) throw invalid("?");
    const name = names[written as keyof typeof names];
    if (given.has(name)) throw invalid(name);
    given.set(name, value);
  }
  const take = (name: Parameter, form: RegExp): string => {
    const value = given.get(name);
    if (value === undefined || !form.test(value)) throw invalid(name);
    return value;
  };
  const wanted = (name: Parameter, form: RegExp) => (given.has(name) ? take(name, form) : undefined);
  for (const name of ["viewerType", "diagnosticQuality", "keyImagesOnly"] as const) wanted(name, WISH);

  const requestType = take("requestType", /^(STUDY|SERIES)$/) as Link["requestType"];
  if (requestType === "STUDY" && given.has("seriesUID")) throw invalid("seriesUID");
  const [, root, extension = ""] = DOCUMENT.exec(take("idCDA", DOCUMENT)) ?? [];
  return said({
    requestType,
    studyInstanceUID: take("studyUID", UID),
    seriesInstanceUID: wanted("seriesUID", UID),
    accessionNumber: take("accessionNumber", ACCESSION).trim(),
    documentId: extension === "" ? `${root}` : `${root}^${extension}`,
  });
}

/** The query that `parseLink` reads as this link. */
export function queryOf(link: Link): string {
  const { requestType, studyInstanceUID, seriesInstanceUID, accessionNumber, documentId } = link;
  return new URLSearchParams({
    requestType,
    studyUID: studyInstanceUID,
    ...(seriesInstanceUID !== undefined && { seriesUID: seriesInstanceUID }),
    accessionNumber,
    idCDA: documentId.replace("^", "_"),
  }).toString();
}

function invalid(parameter: string) {
  return viewerErrors.fault("VIEWER_LINK_INVALID", { details: { parameter } });
}
