/** What the ebXML schemas refuse, the stand-in refuses: a deletion with one part gone, doubled, moved..., xmllint judging. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLSerializer } from "@xmldom/xmldom";
import { expect, it } from "vitest";
import { readDeletion } from "../../scripts/sandbox/dmp/update.ts";
import { type Document, descendants, type Element, Findings, NS, parseXml } from "../../scripts/sandbox/dmp/xml.ts";
import { createSandboxPki } from "../../scripts/sandbox/pki.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { buildDeletion } from "./submission.ts";

const samples = sharedSamples();
const schema = join(samples ?? "", "schemas/ihe-xds/nist-toolkit2-v3/lcm.xsd");

const before = (element: Element, node: Parameters<Element["insertBefore"]>[0]) =>
  element.parentNode?.insertBefore(node, element);

/** Every way to spoil an element. */
const CHANGES: Readonly<Record<string, (element: Element) => void>> = {
  removed: (element) => element.parentNode?.removeChild(element),
  doubled: (element) => before(element, element.cloneNode(true)),
  "moved to the end": (element) => element.parentNode?.appendChild(element),
  "moved to the start": (element) => {
    const first = element.parentNode?.firstChild as Element;
    if (first !== element) before(first, element);
  },
  "after a text": (element) => before(element, (element.ownerDocument as Document).createTextNode("x")),
  "after a foreign element": (element) =>
    before(element, (element.ownerDocument as Document).createElementNS("urn:x", "x")),
  "in another namespace": (element) => {
    const other = (element.ownerDocument as Document).createElementNS("urn:x", element.localName ?? "");
    element.parentNode?.replaceChild(other, element);
  },
  "without its first attribute": (element) => {
    const [first] = Array.from(element.attributes);
    if (first !== undefined) element.removeAttribute(first.name);
  },
  "without its last attribute": (element) => {
    const last = Array.from(element.attributes).at(-1);
    if (last !== undefined) element.removeAttribute(last.name);
  },
  "with an attribute of nobody": (element) => element.setAttribute("extra", "1"),
};

/** The changed texts by what was done to them. */
function spoilt(right: string): Map<string, string> {
  const texts = new Map<string, string>();
  const count = descendants(parseXml(Buffer.from(right)), NS.rim, "*").length;
  for (const [name, change] of Object.entries(CHANGES)) {
    for (let at = 0; at < count; at++) {
      const document = parseXml(Buffer.from(right));
      const element = descendants(document, NS.rim, "*")[at] as Element;
      change(element);
      texts.set(`${at} ${element.localName} ${name}`, new XMLSerializer().serializeToString(document));
    }
  }
  return texts;
}

/** Names of the texts that the schema refuses. */
function invalid(texts: ReadonlyMap<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "deletion-"));
  const files = [...texts].map(([name, text], index) => ({ name, text, path: join(folder, `${index}.xml`) }));
  for (const { path, text } of files) writeFileSync(path, text);
  const paths = files.map(({ path }) => path);
  const { stderr } = spawnSync("xmllint", ["--noout", "--schema", schema, ...paths], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return files.filter(({ path }) => stderr.includes(`${path} fails to validate`)).map(({ name }) => name);
}

function refused(text: string): boolean {
  const findings = new Findings();
  readDeletion(parseXml(Buffer.from(text)).documentElement as Element, new Date(), findings);
  return findings.list.length > 0;
}

it.skipIf(samples === undefined || !hasCommand("xmllint"))(
  "a deletion is refused whenever its schema refuses it (skipped when xmllint or ../shared is absent)",
  async () => {
    let right = "";
    const keep = (text: string): string => {
      right = text;
      return text;
    };
    const target = "urn:uuid:00000000-0000-4000-8000-000000000000";
    buildDeletion("https://127.0.0.1", await createSandboxPki(), target, { metadata: keep });
    expect(refused(right)).toBe(false);
    expect(invalid(new Map([["right", right]]))).toEqual([]);
    const texts = spoilt(right);
    const judged = invalid(texts);
    expect(judged.length).toBeGreaterThan(100);
    expect(judged.filter((name) => !refused(texts.get(name) ?? ""))).toEqual([]);
  },
);
