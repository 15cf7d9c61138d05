import { xdmErrors } from "./errors.ts";
import { REPORTS } from "./layout.ts";
import type { ReportReference } from "./model.ts";

const FIELDS = ["root", "extension", "ins", "insOid", "ipp", "ippOid"] as const satisfies (keyof ReportReference)[];

/** CR.TXT: one line a report. Throws XDM_VALUE_NOT_WRITABLE: the format has no escape. */
export function writeReports(reports: readonly ReportReference[]): string {
  const line = (report: ReportReference) =>
    FIELDS.map((field) => {
      if (/[;\r\n]/.test(report[field])) throw xdmErrors.fault("XDM_VALUE_NOT_WRITABLE", { where: field });
      return report[field];
    }).join(";");
  return reports.map((report) => `${line(report)}\r\n`).join("");
}

/**
 * Reads CR.TXT; some write `<OID>&ISO` where an OID is due, or no end of line. Throws XDM_REPORTS_UNREADABLE.
 */
export function readReports(text: string): ReportReference[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const values = line.split(";").map((value) => value.trim());
    const [root = "", extension = "", ins = "", insOid = "", ipp = "", ippOid = ""] = values;
    if (values.length !== FIELDS.length || root === "") {
      throw xdmErrors.fault("XDM_REPORTS_UNREADABLE", { where: `${REPORTS}:${index + 1}` });
    }
    return [{ root, extension, ins, insOid: oid(insOid), ipp, ippOid: oid(ippOid) }];
  });
}

const oid = (value: string) => value.replace(/^&|&ISO$/g, "");
