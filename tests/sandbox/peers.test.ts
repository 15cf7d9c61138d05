/** The judge judged: canonical XML, signatures and schemas of the stand-in and of its tests, by tools of others. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalize } from "../../scripts/sandbox/dmp/c14n.ts";
import { type Dmp, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { type Element, parseXml } from "../../scripts/sandbox/dmp/xml.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { post } from "./post.ts";
import { buildDeletion, buildQuery, buildSubmission, PATIENT_ID, storedQuery, swap } from "./submission.ts";

const folder = mkdtempSync(join(tmpdir(), "sandbox-peers-"));
const samples = sharedSamples();

function run(command: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Small documents with everything that canonicalization touches: prefixes, redeclarations, order, escapes. */
const names = fc.constantFrom("a", "b", "Manifest", "é");
const prefixes = fc.constantFrom("", "p:", "q:");
const values = fc.string({
  unit: fc.constantFrom("x", " ", "&amp;", "&lt;", "&gt;", "&quot;", "&#9;", "&#10;", "&#13;", "é", "😀"),
  maxLength: 4,
});
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc
    .record({
      name: fc.tuple(prefixes, names).map((pair) => pair.join("")),
      spaces: fc.uniqueArray(
        fc.tuple(fc.constantFrom("xmlns", "xmlns:p", "xmlns:q", "xmlns:unused"), fc.constantFrom("urn:1", "urn:2")),
        {
          selector: ([name]) => name,
          maxLength: 3,
        },
      ),
      attributes: fc.uniqueArray(fc.tuple(fc.constantFrom("z", "a", "xml:lang", "xml:id"), values), {
        selector: ([name]) => name,
        maxLength: 3,
      }),
      children: fc.array(
        fc.oneof(
          { depthSize: "small" },
          values,
          fc.constantFrom("<!--c-->", "<?pi data?>", "<?pi?>", "<![CDATA[<&]]>", "\n"),
          tie("tree"),
        ),
        { maxLength: 4 },
      ),
    })
    .map(({ name, spaces, attributes, children }) => {
      const list = [...spaces, ...attributes].map(([key, value]) => ` ${key}="${value}"`);
      return `<${name}${list.join("")}>${children.join("")}</${name}>`;
    }),
}));
const documents = tree.map((inside) => `<r xmlns="urn:0" xmlns:p="urn:3" xmlns:q="urn:4" p:k="v">${inside}</r>`);

describe.skipIf(!hasCommand("xmllint"))("canonical XML, as xmllint writes it (skipped when absent)", () => {
  it.each([
    ["inclusive", "--c14n", false],
    ["exclusive", "--exc-c14n", true],
  ])("%s", (_, option, exclusive) => {
    fc.assert(
      fc.property(documents, (text) => {
        const expected = run("xmllint", option, file("c14n.xml", text));
        fc.pre(expected.status === 0);
        const root = parseXml(Buffer.from(text)).documentElement as Element;
        expect(canonicalize(root, { exclusive, comments: true }).toString()).toBe(expected.out);
      }),
      { numRuns: 150 },
    );
  });
});

describe("what the tests send and what the stand-in answers", () => {
  let pki: SandboxPki;
  let dmp: Dmp;
  const stages = { metadata: "", deletion: "", signature: "", assertion: "" };
  const answers: string[] = [];

  beforeAll(async () => {
    pki = await createSandboxPki();
    dmp = await startDmp({ port: 0, pki });
    const client = pki.structures[0].auth;
    const keep = (name: keyof typeof stages) => (text: string) => {
      stages[name] = text;
      return text;
    };
    const right = buildSubmission(dmp.url, pki, {
      metadata: keep("metadata"),
      signature: keep("signature"),
      signedAssertion: keep("assertion"),
    });
    const wrong = buildSubmission(dmp.url, pki, { metadata: swap("Original", "Reference") });
    const approved = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')";
    const query = storedQuery(
      "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
      "LeafClass",
      ["$XDSDocumentEntryPatientId", `'${PATIENT_ID}'`],
      ["$XDSDocumentEntryStatus", approved],
    );
    const repository = `${dmp.url}/repository`;
    const registry = `${dmp.url}/registry`;
    answers.push((await post(repository, pki, right, { client })).text);
    answers.push((await post(repository, pki, wrong, { client })).text);
    for (const kind of ["slow", "renamedPrefixes"] as const) {
      dmp.faults.next({ kind, ms: 0 });
      answers.push((await post(registry, pki, buildQuery(dmp.url, pki, query), { client })).text);
    }
    const target = dmp.documents()[0]?.entryUUID ?? "";
    const deletion = buildDeletion(dmp.url, pki, target, { metadata: keep("deletion") });
    answers.push((await post(registry, pki, deletion, { client })).text);
    const anyStatus = query.replaceAll(approved, "('urn:asip:ci-sis:2010:StatusType:Deleted')");
    answers.push((await post(registry, pki, buildQuery(dmp.url, pki, anyStatus), { client })).text);
  });
  afterAll(() => dmp.stop());

  const schemas = samples === undefined ? undefined : join(samples, "schemas/ihe-xds/nist-toolkit2-v3");
  const validate = (schema: string, text: string) =>
    run("xmllint", "--noout", "--schema", join(schemas ?? "", schema), file("valid.xml", text)).err;

  it.skipIf(schemas === undefined || !hasCommand("xmllint"))(
    "is valid by the ebXML schemas (skipped when xmllint or ../shared is absent)",
    () => {
      expect(validate("lcm.xsd", stages.metadata)).toMatch(/validates/);
      expect(validate("lcm.xsd", stages.deletion)).toMatch(/validates/);
      const [success = "", failure = "", found = "", renamed = "", deleted = "", gone = ""] = answers.map(
        (text) => /:Body>(.*)<\/[\w-]+:Body>/s.exec(text)?.[1] ?? "",
      );
      expect(validate("rs.xsd", success)).toMatch(/validates/);
      expect(validate("rs.xsd", failure)).toMatch(/validates/);
      expect(validate("query.xsd", found)).toMatch(/validates/);
      expect(validate("query.xsd", renamed)).toMatch(/validates/);
      expect(validate("rs.xsd", deleted)).toMatch(/validates/);
      expect(deleted).toMatch(/ResponseStatusType:Success/);
      expect(validate("query.xsd", gone)).toMatch(/validates/);
      expect(gone).toMatch(/status="urn:asip:ci-sis:2010:StatusType:Deleted"/);
    },
  );

  it.skipIf(!hasCommand("xmlsec1"))("verifies with xmlsec1 (skipped when absent)", () => {
    const trust = ["--trusted-pem", pki.rootFile, "--untrusted-pem", join(pki.dir, "organisations.pem")];
    const ids = ["--id-attr:Id", "Manifest", "--id-attr:Id", "SignedProperties", "--ignore-manifests"];
    const signature = run("xmlsec1", "--verify", ...ids, ...trust, file("signature.xml", stages.signature));
    expect(signature.err).toMatch(/^OK\nSignedInfo References \(ok\/all\): 2\/2/);
    const id = ["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"];
    const assertion = run("xmlsec1", "--verify", ...id, ...trust, file("assertion.xml", stages.assertion));
    expect(assertion.err).toMatch(/^OK\nSignedInfo References \(ok\/all\): 1\/1/);
  });
});
