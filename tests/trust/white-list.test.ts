import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type Logger, silent } from "../../appliance/base/index.ts";
import {
  openWhiteList,
  parseDistinguishedName,
  readWhiteList,
  type WhiteListOptions,
} from "../../appliance/trust/index.ts";
import { codeOf } from "../support/codes.ts";
import { sharedSamples } from "../support/samples.ts";

const NAMESPACE = "https://listeblanche.mesimagesmedicales.fr/schema";
const CN = (host: string) => `CN=${host},OU=31598513500187,O=editeur,ST=Paris (75),C=FR`;
const ONE = "db1.tilleuls.mesimagesmedicales.fr";
const TWO = "db2.tilleuls.mesimagesmedicales.fr";

interface Line {
  readonly db?: string;
  readonly vi?: string;
  readonly dn?: string;
  readonly more?: string;
}
const line = ({ db = ONE, vi = "", dn = CN(db), more = "" }: Line) =>
  `<Domaine><Identifiant>1</Identifiant><db>${db}</db><vi>${vi}</vi><Denomination>Opérateur</Denomination>` +
  `<DNCertificatOperateur>${dn}</DNCertificatOperateur><DateMAJ>2024-04-23T20:36:12Z</DateMAJ>${more}</Domaine>`;
const list = (
  lines: readonly Line[],
  { date = "2024-04-22T11:08:12Z", namespace = NAMESPACE, version = "1.0.0" } = {},
) =>
  Buffer.from(
    `<ListeBlancheDRIM-M xmlns="${namespace}" versionFormat="${version}"><DateDeGeneration>${date}</DateDeGeneration>` +
      `<ListeDomaines>${lines.map(line).join("\n")}</ListeDomaines></ListeBlancheDRIM-M>`,
  );
const find = (bytes: Uint8Array, name: string) => readWhiteList(bytes).find(parseDistinguishedName(name));

describe("the white list", () => {
  it("says who may ask, by the whole name of the certificate", () => {
    const bytes = list([{ db: ONE, vi: "vi1.tilleuls.mesimagesmedicales.fr" }, { db: TWO }]);
    expect(find(bytes, CN(ONE))).toMatchObject({
      domains: [
        { identifier: "1", sourceHost: ONE, viewerHost: "vi1.tilleuls.mesimagesmedicales.fr", name: "Opérateur" },
      ],
    });
    expect(find(bytes, CN(TWO))?.domains).toEqual([expect.not.objectContaining({ viewerHost: expect.anything() })]);
    expect(find(bytes, CN(ONE).replace("OU=3", "OU=4"))).toBeUndefined();
    expect(find(bytes, "")).toBeUndefined();
  });

  it("is not verified yet, and says so", () => {
    expect(readWhiteList(list([{}])).verified).toBe(false);
  });

  it("may name a box twice: the same line is one, another host is another", () => {
    const bytes = list([{}, {}, { db: TWO, dn: CN(ONE) }, { dn: CN(ONE).toLowerCase().replaceAll("cn=", "CN=") }]);
    expect(find(bytes, CN(ONE))?.domains.map(({ sourceHost }) => sourceHost)).toEqual([ONE, TWO]);
    expect(readWhiteList(bytes).domains).toHaveLength(2);
  });

  it.each<[string, Line, string]>([
    ["a name that cannot be read", { dn: "editeur" }, "DNCertificatOperateur"],
    ["no name", { dn: "" }, "DNCertificatOperateur"],
    ["a name in pieces", { dn: "CN=a<b/>" }, "DNCertificatOperateur"],
    ["two names", { more: `<DNCertificatOperateur>${CN(TWO)}</DNCertificatOperateur>` }, "DNCertificatOperateur"],
    ["no host", { db: "", dn: CN(TWO) }, "db"],
    ["an address for a host", { db: "192.0.2.1", dn: CN(TWO) }, "db"],
    ["a URL for a host", { db: `https://${TWO}/`, dn: CN(TWO) }, "db"],
    ["a bad viewer", { vi: "a b" }, "vi"],
  ])("leaves out a line with %s, and keeps the others", (_, bad, reason) => {
    const read = readWhiteList(list([{ db: "db9.autre.mesimagesmedicales.fr" }, bad]));
    expect(read.unreadable).toEqual([{ line: 2, reason }]);
    expect(read.domains).toHaveLength(1);
  });

  it("reads a name without what a comment hides from it", () => {
    expect(find(list([{ dn: CN(ONE).replace("db1", "db<!-- -->1") }]), CN(ONE))).toBeDefined();
  });

  it.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["half a list", list([{}]).subarray(0, 400)],
    ["another document", Buffer.from("<html/>")],
    ["another namespace", list([{}], { namespace: "urn:other" })],
    ["another version", list([{}], { version: "2.0.0" })],
    ["no date", list([{}], { date: "" })],
    ["a date without zone", list([{}], { date: "2024-04-22T11:08:12" })],
    ["a date that is none", list([{}], { date: "2024-13-22T11:08:12Z" })],
    ["no line", list([])],
    ["no readable line", list([{ dn: "x" }])],
    ["a DTD", Buffer.concat([Buffer.from("<!DOCTYPE a>"), list([{}])])],
    ["more than a nation of lines", list(Array<Line>(8_000).fill({}))],
  ])("is refused whole: %s", (_, bytes) => {
    expect(codeOf(() => readWhiteList(bytes))).toBe("TRUST_WHITE_LIST_INVALID");
  });

  it("is read or refused, never worse, whatever the bytes", () => {
    const good = list([{ vi: TWO }, { db: TWO }]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.constantFrom(...'<>&"/=,\0 é')), { maxLength: 5 }),
        (edits) => {
          const bytes = Buffer.from(good);
          for (const [at, character] of edits) bytes.write(character, at);
          expect(codeOf(() => readWhiteList(bytes))).toMatch(/^(no error|TRUST_WHITE_LIST_INVALID)$/);
        },
      ),
    );
  });

  const sample = join(sharedSamples() ?? "", "drim-m-data/whitelist/signed-then-tampered.xml");
  it.skipIf(!existsSync(sample))("of the ANS's data set is read (skipped when ../shared is absent)", () => {
    const read = readWhiteList(readFileSync(sample));
    expect(read.generatedAt.toISOString()).toBe("2024-04-22T11:08:12.000Z");
    expect([read.domains.length, read.unreadable.length]).toEqual([6, 0]);
    const host = "db1.345.mesimagesmedicales.fr";
    const name = `CN=${host},OU=49188397100039,O=editeur,ST=Marseille (13),C=FR`;
    expect(read.find(parseDistinguishedName(name))?.domains[0]?.sourceHost).toBe(host);
  });
});

describe("the list in use", () => {
  let folder: string;
  let warnings: string[];
  let now: Date;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "white-list-"));
    warnings = [];
    now = new Date("2026-06-01T00:00:00Z");
  });
  const log: Logger = { ...silent, warn: ({ code }) => warnings.push(String(code)) };
  const open = (options: Partial<WhiteListOptions> = {}) =>
    openWhiteList({ keptFile: join(folder, "kept.xml"), checkEverySeconds: 3_600, now: () => now, log, ...options });
  const coded = (code: string) => expect.objectContaining({ code });

  it("is none until one comes: then nobody is on it", async () => {
    const keeper = await open();
    expect(keeper.current).toBeUndefined();
    await keeper.offer(list([{}]));
    expect(keeper.current?.find(parseDistinguishedName(CN(ONE)))).toBeDefined();
    keeper.close();
  });

  it("outlives a restart, and a kept file that was damaged is as none", async () => {
    (await open()).offer(list([{}]));
    await expect.poll(() => readdirSync(folder)).toEqual(["kept.xml"]);
    expect((await open()).current?.domains).toHaveLength(1);
    writeFileSync(join(folder, "kept.xml"), "damaged");
    expect((await open()).current).toBeUndefined();
  });

  it("stays when an older, a broken, or a list of the days to come is offered", async () => {
    const keeper = await open();
    const good = await keeper.offer(list([{}], { date: "2026-05-01T00:00:00Z" }));
    const older = list([{ db: TWO }], { date: "2026-04-30T23:59:59Z" });
    await expect(keeper.offer(older)).rejects.toThrow(coded("TRUST_WHITE_LIST_OLDER"));
    await expect(keeper.offer(Buffer.from("<a/>"))).rejects.toThrow(coded("TRUST_WHITE_LIST_INVALID"));
    const ahead = list([{}], { date: "2026-06-03T00:00:00Z" });
    await expect(keeper.offer(ahead)).rejects.toThrow(coded("TRUST_WHITE_LIST_AHEAD"));
    expect(keeper.current).toBe(good);
    expect((await open()).current?.generatedAt).toEqual(good.generatedAt);
  });

  it("is the newer of two that come at once", async () => {
    const keeper = await open();
    const offers = ["2026-05-02T00:00:00Z", "2026-05-01T00:00:00Z"].map((date) => keeper.offer(list([{}], { date })));
    expect((await Promise.allSettled(offers)).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(keeper.current?.generatedAt.toISOString()).toBe("2026-05-02T00:00:00.000Z");
  });

  it("follows a file that is replaced, warns once of one that is not good, and takes the next", async () => {
    const sourceFile = join(folder, "source.xml");
    const keeper = await open({ sourceFile });
    expect(warnings).toEqual(["TRUST_FILE_UNREADABLE"]);
    writeFileSync(sourceFile, list([{}]));
    await keeper.refresh();
    expect(keeper.current?.domains).toHaveLength(1);
    writeFileSync(sourceFile, "half");
    await keeper.refresh();
    await keeper.refresh();
    expect(warnings.slice(1)).toEqual(["TRUST_WHITE_LIST_INVALID"]);
    expect(keeper.fault).toMatchObject({ code: "TRUST_WHITE_LIST_INVALID" });
    expect(keeper.current?.domains).toHaveLength(1);
    writeFileSync(sourceFile, list([{}, { db: TWO }], { date: "2026-05-01T00:00:00Z" }));
    await keeper.refresh();
    expect([keeper.current?.domains.length, keeper.fault]).toEqual([2, undefined]);
    rmSync(sourceFile);
    await keeper.refresh();
    expect(keeper.current?.domains).toHaveLength(2);
  });

  it("comes by itself once the clock is right", async () => {
    const sourceFile = join(folder, "source.xml");
    writeFileSync(sourceFile, list([{}]));
    now = new Date(0);
    const keeper = await open({ sourceFile });
    await keeper.refresh();
    expect([keeper.current, keeper.fault?.code]).toEqual([undefined, "TRUST_WHITE_LIST_AHEAD"]);
    expect(warnings).toEqual(["TRUST_WHITE_LIST_AHEAD"]);
    now = new Date("2026-06-01T00:00:00Z");
    await keeper.refresh();
    expect(keeper.current?.domains).toHaveLength(1);
  });

  it("is in use though it cannot be written: whoever was struck off is off", async () => {
    const keeper = await open({ keptFile: join(folder, "nowhere", "kept.xml") });
    await keeper.offer(list([{}]));
    expect(keeper.current?.domains).toHaveLength(1);
    expect(warnings).toEqual(["TRUST_WHITE_LIST_NOT_KEPT"]);
  });
});
