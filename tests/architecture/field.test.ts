/**
 * Each report of the field that we know of is a test, as soon as the room that it concerns exists. The list of reports
 * stands beside the project in development and CI (../shared/spec/field-bugs.md); without it these tests are skipped.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const list = fileURLToPath(new URL("../../../shared/spec/field-bugs.md", import.meta.url));
const folder = fileURLToPath(new URL("../field", import.meta.url));

/** Reports that no room of today can meet, by their first link, each with what it waits for. */
const LATER: Readonly<Record<string, string>> = {
  "OHIF/Viewers#2604": "the viewer of the consumer side",
  "dcm4che/dcm4chee-arc-light#3660": "storage commitment: we neither ask for it nor grant it",
  "GoogleCloudPlatform/healthcare-dicom-dicomweb-adapter#54": "STOW-RS: nothing of ours answers 409 or meets it",
  "nodejs/node#4464": "renewal of certificates while serving (ACME)",
  "nodejs/help#460": "revocation lists",
  "oven-sh/bun#33629": "revocation lists",
  "nodejs/help#4413": "keys in the TPM",
  "balena-os/balena-supervisor#1887": "the bootable image and its list of files",
};

interface Report {
  readonly section: string;
  /** `owner/repository#number`, or `[own] …` for what was found here. */
  readonly links: readonly string[];
}

function reports(): Report[] {
  let section = "";
  return readFileSync(list, "utf8")
    .split("\n")
    .flatMap((line): Report[] => {
      section = /^### (5\.\d+)/.exec(line)?.[1] ?? section;
      const cell = /^\| (?!Link)([^|]*[#\]][^|]*) \|/.exec(line)?.[1];
      if (cell === undefined) return [];
      if (cell.startsWith("[own]")) return [{ section, links: [cell] }];
      // "owner/repository#1, #2" names two reports of one repository.
      let repository = "";
      const links = cell.split(",").map((link) => {
        const [named = "", number = ""] = link.trim().split("#");
        repository = named === "" ? repository : named;
        return `${repository}#${number}`;
      });
      return [{ section, links }];
    });
}

const texts = readdirSync(folder)
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => ({ name, text: readFileSync(`${folder}/${name}`, "utf8") }));

/** True when the text names that link, and not one whose number begins alike. */
function mentions(text: string, link: string): boolean {
  const [, ...rest] = text.toLowerCase().split(link.toLowerCase());
  return rest.some((after) => !/^\d/.test(after));
}

/** The files that name one of the links in their comment or in a title. */
function filesOf({ links }: Report): string[] {
  const own = links[0]?.startsWith("[own]") ?? false;
  const wanted = own ? ["[own] small objects"] : links;
  return texts.filter(({ text }) => wanted.some((link) => mentions(text, link))).map(({ name }) => name);
}

describe.skipIf(!existsSync(list))("the reports of the field (skipped when ../shared is absent)", () => {
  const all = existsSync(list) ? reports() : [];

  it("are read at all, section by section", () => {
    expect(all.length).toBeGreaterThan(60);
    expect(new Set(all.map(({ section }) => section)).size).toBe(9);
  });

  it.each(all.map((report) => ({ ...report, first: report.links[0] as string })))(
    "$section $first has a test, or waits for a room",
    (report) => {
      const later = Object.hasOwn(LATER, report.first);
      if (later) expect(filesOf(report), "it has a test: it waits for nothing").toEqual([]);
      else expect(filesOf(report)).not.toEqual([]);
    },
  );

  it("wait for something that is in the list", () => {
    const known = new Set(all.map(({ links }) => links[0]));
    expect(Object.keys(LATER).filter((link) => !known.has(link))).toEqual([]);
  });

  it("are each named by a test, and no test names none", () => {
    const known = all.flatMap(({ links }) => links).filter((link) => !link.startsWith("[own]"));
    const stray = texts.filter(({ text }) => !text.includes("[own]") && !known.some((link) => mentions(text, link)));
    expect(stray.map(({ name }) => name)).toEqual([]);
  });
});
