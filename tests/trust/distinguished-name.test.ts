import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DistinguishedName,
  formatDistinguishedName,
  nameKey,
  parseDistinguishedName,
  sameName,
  subjectOf,
} from "../../appliance/trust/index.ts";
import { codeOf } from "../support/codes.ts";
import { hasCommand } from "../support/peers.ts";

const LISTED = "CN=db1.tilleuls.mesimagesmedicales.fr,OU=31598513500187,O=Éditeur,ST=Paris (75),C=FR";
const same = (a: string, b: string) => sameName(parseDistinguishedName(a), parseDistinguishedName(b));

describe("two names", () => {
  it.each([
    ["written with spaces after the commas", LISTED.replaceAll(",", ", ")],
    ["in another letter case", LISTED.toUpperCase()],
    ["with runs of spaces", LISTED.replace("Paris (75)", "Paris   (75)")],
    ["with an accent composed otherwise", LISTED.replace("É", "E\u0301")],
    ["with an accent escaped as UTF-8", LISTED.replace("É", "\\C3\\89")],
    ["with a type by its number", LISTED.replace("OU=", "2.5.4.11=")],
    ["with a value in hexadecimal (UTF8String)", LISTED.replace("C=FR", "C=#0c024652")],
    ["with a value in hexadecimal (PrintableString)", LISTED.replace("C=FR", "C=#13024652")],
  ])("match: the one of the list, and %s", (_, other) => {
    expect(same(LISTED, other)).toBe(true);
  });

  it.each([
    ["without the last attribute", LISTED.replace(",C=FR", "")],
    ["with one more", `${LISTED},DC=fr`],
    ["with an attribute twice", LISTED.replace("O=Éditeur", "O=Éditeur,O=Éditeur")],
    ["in another order", LISTED.split(",").reverse().join(",")],
    ["of another structure", LISTED.replace("31598513500187", "31598513500188")],
    ["without the accent", LISTED.replace("É", "E")],
    [
      "where a value holds what looks like the rest",
      "CN=db1.tilleuls.mesimagesmedicales.fr\\,OU=31598513500187,O=Éditeur,ST=Paris (75),C=FR",
    ],
    ["where two RDNs are one of two attributes", LISTED.replace(",O=", "+O=")],
    ["whose host goes on after a NUL", LISTED.replace(".fr", ".fr\\00.evil.example")],
    ["with a tab for a space", LISTED.replace("Paris (", "Paris\\09(")],
    ["with no-width space inside", LISTED.replace("Paris", "Pa\u200bris")],
    ["with its types exchanged", LISTED.replace("OU=", "X=").replace("O=", "OU=").replace("X=", "O=")],
    ["that is empty", ""],
  ])("do not match: the one of the list, and one %s", (_, other) => {
    expect(same(LISTED, other)).toBe(false);
  });

  it("of several attributes in one RDN match in any order of these, each as often as it is there", () => {
    expect(same("CN=a+OU=b,C=FR", "OU=b+CN=a,C=FR")).toBe(true);
    expect(same("CN=a+OU=b,C=FR", "CN=a+OU=b+OU=b,C=FR")).toBe(false);
  });
});

describe("the text of a name (RFC 4514)", () => {
  it.each([
    ["UID=jsmith,DC=example,DC=net", "jsmith|example|net"],
    ["OU=Sales+CN=J.  Smith,DC=example,DC=net", "Sales+J.  Smith|example|net"],
    ['CN=James \\"Jim\\" Smith\\, III,DC=example,DC=net', 'James "Jim" Smith, III|example|net'],
    ["CN=Before\\0dAfter,DC=example,DC=net", "Before\rAfter|example|net"],
    ["1.3.6.1.4.1.1466.0=#130548656C6C6F", "Hello"],
    ["CN=Lu\\C4\\8Di\\C4\\87", "Lučić"],
    ["CN=\\ a \\ ,O=\\#1", " a  |#1"],
    ["CN=a=b", "a=b"],
    ["CN=,O=x", "|x"],
  ])("is read: %s", (text, values) => {
    const { rdns } = parseDistinguishedName(text);
    const read = rdns.toReversed().map((rdn) => rdn.map(({ value }) => value).join("+"));
    expect(read.join("|")).toBe(values);
  });

  it.each([
    ["no type", "=a"],
    ["no equals sign", "CN"],
    ["an unknown keyword", "XX=a"],
    ["a bad number", "2.05.4=a"],
    ["nothing after a comma", "CN=a,"],
    ["nothing before one", ",CN=a"],
    ["an unescaped quote", 'CN="a"'],
    ["an unescaped semicolon", "CN=a;O=b"],
    ["a backslash at the end", "CN=a\\"],
    ["half an escape", "CN=a\\4"],
    ["octets that are not UTF-8", "CN=\\ff"],
    ["hexadecimal that is no string", "CN=#0203010203"],
    ["hexadecimal with a rest", "CN=#0c024652ff"],
    ["odd hexadecimal", "CN=#0c0"],
    ["more attributes than any certificate", Array(40).fill("OU=a").join(",")],
    ["more characters than any certificate", `CN=${"a".repeat(3_000)}`],
  ])("is refused with %s", (_, text) => {
    expect(codeOf(() => parseDistinguishedName(text))).toMatch(/^TRUST_(NAME|DER)_INVALID/);
  });

  it("comes back to the same name, whatever its values hold", () => {
    const type = fc.constantFrom("2.5.4.3", "2.5.4.11", "2.5.4.6", "1.2.3.4");
    const value = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom(...' ,+=\\#"<>;\0a\r') }),
    );
    const rdn = fc.array(fc.record({ type, value }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(rdn, { maxLength: 6 }), (rdns) => {
        expect(parseDistinguishedName(formatDistinguishedName({ rdns }))).toEqual({ rdns });
      }),
    );
  });

  it("of anything is read or refused, never worse", () => {
    const text = fc.string({ unit: fc.constantFrom(..."CNOU=,+\\ #09af\"'\0é") });
    fc.assert(
      fc.property(text, (written) => {
        expect(codeOf(() => parseDistinguishedName(written))).toMatch(/^(no error|TRUST_(NAME|DER)_INVALID.*)$/);
      }),
    );
  });
});

describe.skipIf(!hasCommand("openssl"))("the subject of a certificate (made by openssl; skipped when absent)", () => {
  function certificate(subject: string, ...options: string[]): X509Certificate {
    const folder = mkdtempSync(join(tmpdir(), "names-"));
    const [key, out] = [join(folder, "key"), join(folder, "certificate")];
    const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", out];
    execFileSync("openssl", ["req", "-x509", "-utf8", "-subj", subject, ...options, ...fresh], { stdio: "ignore" });
    return new X509Certificate(readFileSync(out));
  }
  const listed = (subject: DistinguishedName) => sameName(subject, parseDistinguishedName(LISTED));
  const SUBJECT = "/C=FR/ST=Paris (75)/O=Éditeur/OU=31598513500187/CN=db1.tilleuls.mesimagesmedicales.fr";

  it("is the one of the list", () => {
    expect(listed(subjectOf(certificate(SUBJECT)))).toBe(true);
    expect(formatDistinguishedName(subjectOf(certificate(SUBJECT)))).toBe(LISTED);
  });

  it("is not when a value was made to look like the rest", () => {
    const disguised = "/C=FR/ST=Paris (75)/O=Éditeur/CN=db1.tilleuls.mesimagesmedicales.fr,OU=31598513500187";
    expect(listed(subjectOf(certificate(disguised)))).toBe(false);
  });

  it("is the same in UTF8String and PrintableString", () => {
    const made = ["utf8only", "nombstr"].map((mask) => {
      const config = join(mkdtempSync(join(tmpdir(), "names-")), "openssl.cnf");
      writeFileSync(config, `[req]\ndistinguished_name=dn\nstring_mask=${mask}\n[dn]\n`);
      return certificate("/C=FR/O=editeur/CN=db1", "-config", config);
    });
    const tags = made.map(({ raw }) => raw[raw.indexOf("editeur") - 2]);
    expect(tags).toEqual([0x0c, 0x13]);
    expect(new Set(made.map((one) => nameKey(subjectOf(one)))).size).toBe(1);
  });

  it("keeps several attributes of one RDN together", () => {
    const subject = subjectOf(certificate("/C=FR/OU=31598513500187+CN=db1", "-multivalue-rdn"));
    expect(sameName(subject, parseDistinguishedName("CN=db1+OU=31598513500187,C=FR"))).toBe(true);
  });

  it("is read or refused, never worse, whatever the bytes", () => {
    const { raw } = certificate(SUBJECT);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(raw.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(raw.length),
        (edits, length) => {
          const bytes = Buffer.from(raw.subarray(0, Math.max(length, raw.length - 50)));
          for (const [at, octet] of edits) if (at < bytes.length) bytes[at] = octet;
          // What the TLS library would give us, but for the bytes.
          const odd = { raw: bytes } as unknown as X509Certificate;
          expect(codeOf(() => subjectOf(odd))).toMatch(/^(no error|TRUST_(NAME|DER)_INVALID.*)$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
