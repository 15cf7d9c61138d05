import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { DOMParser } from "@xmldom/xmldom";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fromBuffer } from "yauzl";
import { columnName, exportStatistics, modelStat, statisticKinds, xlsx } from "../../appliance/statistics/index.ts";
import { type NewStatistic, openStore, type Store } from "../../appliance/store/index.ts";
import { hasCommand } from "../support/peers.ts";

const timeZone = "Europe/Paris";
const line = (kind: string, more: Partial<NewStatistic> = {}): NewStatistic => ({
  at: new Date("2026-11-25T08:00:00Z"),
  kind,
  status: "succes",
  ...more,
});

describe("statistics", () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "statistics-"));
    store = await openStore(join(folder, "box.db"));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const file = (query: Partial<{ from: string; to: string; format: "csv" | "xlsx"; separator: "," | ";" }> = {}) =>
    exportStatistics(
      { store, timeZone },
      { from: "2026-11-01", to: "2026-11-30", format: "csv", separator: ";", ...query },
    );
  const csvRows = async (query = {}) =>
    (await text(file(query).content))
      .replace("\ufeff", "")
      .trimEnd()
      .split("\r\n")
      .map((row) => row.split(";"));

  it("has the column of contextual calls where ModelStat has it: AI, and their outcome beside it", async () => {
    await store.addStatistics([
      line("contextual-call"),
      line("contextual-call", { status: "erreur", code: "X" }),
      line("pacs-searched"),
    ]);
    const [names, ...rows] = await csvRows();
    const at = (name: string) => (names ?? []).findIndex((_, index) => columnName(index) === name);
    expect(names?.[at("AI")]).toBe("Nombre_Appel");
    expect(names?.[at("AJ")]).toBe("Statut_Appel");
    expect(rows.map((row) => [row[at("AI")], row[at("AJ")]])).toEqual([
      ["1", "succes"],
      ["1", "erreur"],
      ["", ""],
    ]);
  });

  it("counts each kind of event in a column of its own", () => {
    const columns = modelStat(timeZone);
    expect(new Set(columns.map(({ name }) => name)).size).toBe(36);
    for (const kind of statisticKinds) {
      const row = { id: 1, ...line(kind) };
      const counted = columns.filter((column) => column.name.startsWith("Nombre_") && column.value(row) === 1);
      expect(
        counted.map(({ name }) => name),
        kind,
      ).toHaveLength(1);
    }
  });

  it("gives what is known of an event, in the time of the site", async () => {
    const facts = { structure: "1750099999", modalities: ["CT", "SR"], series: 3, instances: 400, milliseconds: 812 };
    await store.addStatistics([line("manifest-published", { facts })]);
    const [names, row] = await csvRows();
    const told = Object.fromEntries((names ?? []).map((name, index) => [name, row?.[index]]));
    expect(told).toMatchObject({
      Date_Evenement: "2026-11-25",
      Heure_Evenement: "09:00:00",
      Fonction: "source",
      Identifiant_Structure: "1750099999",
      Modalites: "CT SR",
      Nombre_Objets: "400",
      Duree_Millisecondes: "812",
      Nombre_KOS_Publie: "1",
    });
  });

  it("takes days of the site, both included, in the order of time", async () => {
    const times = ["2026-11-25T23:00:00Z", "2026-11-24T23:00:00Z", "2026-11-24T22:59:59Z", "2026-11-25T22:59:59Z"];
    await store.addStatistics(times.map((at) => line("pacs-searched", { at: new Date(at) })));
    const [, ...rows] = await csvRows({ from: "2026-11-25", to: "2026-11-25" });
    expect(rows.map(([date, hour]) => `${date} ${hour}`)).toEqual(["2026-11-25 00:00:00", "2026-11-25 23:59:59"]);
  });

  it("gives every line once however many there are, also of one instant", async () => {
    await store.addStatistics(
      Array.from({ length: 2500 }, (_, n) => line("pacs-searched", { facts: { instances: n } })),
    );
    const [, ...rows] = await csvRows();
    expect(rows.map((row) => Number(row[10]))).toEqual(Array.from({ length: 2500 }, (_, n) => n));
  });

  it.each([
    ["2026-02-30", "2026-03-01"],
    ["2026-03-02", "2026-03-01"],
  ])("refuses a period that is none: %s to %s", (from, to) => {
    expect(() => file({ from, to })).toThrow(expect.objectContaining({ code: "STATISTICS_PERIOD_INVALID" }));
  });

  it("cannot make a spreadsheet run what came from elsewhere, nor break its columns", async () => {
    const evil = { destination: '=HYPERLINK("http://x";"y")', structure: "a;b\n" };
    await store.addStatistics([line("pacs-searched", { facts: evil })]);
    const all = await text(file({ separator: ";" }).content);
    expect(all).toContain(`"'=HYPERLINK(""http://x"";""y"")"`);
    expect(all).toContain('"a;b\n"');
    expect(await sheetText()).toContain('<t xml:space="preserve">=HYPERLINK("http://x";"y")</t>');
  });

  it("is a file for Excel in France, or as the standard says", async () => {
    await store.addStatistics([line("pacs-searched")]);
    const excel = (await buffer(file().content)).toString();
    expect(excel.startsWith("\ufeffDate_Evenement;Heure_Evenement;")).toBe(true);
    expect(await text(file({ separator: "," }).content)).toMatch(/^Date_Evenement,Heure_Evenement,/);
    expect(file()).toMatchObject({
      contentType: "text/csv; charset=utf-8",
      fileName: "ModelStat_2026-11-01_2026-11-30.csv",
    });
  });

  it("is a workbook: its parts refer to each other, cells say where they are, numbers are numbers", async () => {
    await store.addStatistics([line("contextual-call"), line("contextual-call")]);
    const entries = await unzip(file({ format: "xlsx" }).content);
    expect([...entries.keys()].sort()).toEqual([
      "[Content_Types].xml",
      "_rels/.rels",
      "xl/_rels/workbook.xml.rels",
      "xl/workbook.xml",
      "xl/worksheets/sheet1.xml",
    ]);
    for (const part of entries.values())
      new DOMParser({ onError: (_, why) => expect.fail(why) }).parseFromString(part, "text/xml");
    const sheet = entries.get("xl/worksheets/sheet1.xml");
    expect(sheet).toContain('<c r="AI1" t="inlineStr"><is><t xml:space="preserve">Nombre_Appel</t></is></c>');
    expect(sheet).toContain('<c r="AI3"><v>1</v></c><c r="AJ3" t="inlineStr">');
  });

  it.skipIf(!hasCommand("unzip"))("is whole by a zip reader that is not ours (needs unzip)", async () => {
    await store.addStatistics(Array.from({ length: 3000 }, () => line("images-served", { facts: { bytes: 123_456 } })));
    const path = join(folder, "statistics.xlsx");
    await writeFile(path, file({ format: "xlsx" }).content);
    expect(execFileSync("unzip", ["-t", path]).toString()).toContain("No errors detected");
  });

  it("refuses more lines than a workbook holds, rather than cutting them off", async () => {
    const rows = Iterator.from({ next: () => ({ value: [1], done: false as const }) });
    const read = async () => {
      for await (const _piece of xlsx(rows));
    };
    await expect(read()).rejects.toMatchObject({ code: "STATISTICS_TOO_MANY_LINES" });
  });

  it("lets go of the store's lines when nobody reads on", async () => {
    let ended = false;
    async function* rows() {
      try {
        for (;;) yield [Math.random()];
      } finally {
        ended = true;
      }
    }
    for await (const piece of xlsx(rows())) if (piece.length > 10_000) break;
    await vi.waitFor(() => expect(ended).toBe(true));
  });

  it("tells whoever reads that the store broke off", async () => {
    const broken = { statistics: () => Promise.reject(new Error("disk")) };
    for (const format of ["csv", "xlsx"] as const) {
      const query = { from: "2026-11-01", to: "2026-11-30", format, separator: ";" } as const;
      await expect(buffer(exportStatistics({ store: broken, timeZone }, query).content)).rejects.toThrow("disk");
    }
  });

  const sheetText = async () => (await unzip(file({ format: "xlsx" }).content)).get("xl/worksheets/sheet1.xml");
});

async function unzip(content: Readable): Promise<Map<string, string>> {
  const bytes = await buffer(content);
  const entries = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.on("end", resolve);
      zip.on("entry", (entry) =>
        zip.openReadStream(entry, async (_, stream) => {
          entries.set(entry.fileName, await text(stream));
          zip.readEntry();
        }),
      );
      zip.readEntry();
    });
  });
  return entries;
}
