import { zip } from "../zip/index.ts";
import { statisticsErrors } from "./errors.ts";
import type { Cell } from "./model-stat.ts";

/** Of a sheet, its header included (Excel specifications and limits). */
const MOST_ROWS = 1_048_576;
/** Characters handed to the compressor at a time: each hand-over is a turn of the thread pool. */
const PIECE = 65_536;

/** What is in a workbook has no date of its own: the first month that a zip knows. */
const SOME_MONTH = { year: 1980, month: 1 };

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** The parts of a workbook of one sheet besides the sheet itself (ECMA-376, part 1, 12.3; part 2). */
const parts: Readonly<Record<string, string>> = {
  "[Content_Types].xml":
    `<Types xmlns="${PACKAGE}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `<Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/>` +
    `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
  "_rels/.rels":
    `<Relationships xmlns="${PACKAGE}/relationships">` +
    `<Relationship Id="rId1" Type="${DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  "xl/workbook.xml":
    `<workbook xmlns="${MAIN}" xmlns:r="${DOCUMENT}">` +
    '<sheets><sheet name="ModelStat" sheetId="1" r:id="rId1"/></sheets></workbook>',
  "xl/_rels/workbook.xml.rels":
    `<Relationships xmlns="${PACKAGE}/relationships">` +
    `<Relationship Id="rId1" Type="${DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
};

/**
 * Rows as a workbook (Office Open XML) of one sheet, made while it is read. Texts are inline strings, which no spreadsheet
 * takes for a formula. Fails with STATISTICS_TOO_MANY_LINES.
 */
export function xlsx(rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>): AsyncGenerator<Buffer> {
  const files = Object.entries(parts).map(([name, text]) => ({ name, content: Buffer.from(XML + text) }));
  return zip([...files, { name: "xl/worksheets/sheet1.xml", content: sheetXml(rows) }], SOME_MONTH);
}

async function* sheetXml(rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>): AsyncGenerator<Buffer> {
  let text =
    `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>';
  let count = 0;
  for await (const row of rows) {
    count += 1;
    if (count > MOST_ROWS)
      throw statisticsErrors.fault("STATISTICS_TOO_MANY_LINES", { details: { most: MOST_ROWS - 1 } });
    text += `<row r="${count}">${row.map((cell, index) => cellXml(cell, `${columnName(index)}${count}`)).join("")}</row>`;
    if (text.length < PIECE) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(`${text}</sheetData></worksheet>`);
}

function cellXml(cell: Cell, reference: string): string {
  if (cell === undefined) return "";
  if (typeof cell === "number") return `<c r="${reference}"><v>${cell}</v></c>`;
  return `<c r="${reference}" t="inlineStr"><is><t xml:space="preserve">${escaped(cell)}</t></is></c>`;
}

/** A for the first column, AA after Z. */
export function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>]/g, (character) => entities[character] as string);
}
