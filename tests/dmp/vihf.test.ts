import { beforeAll, describe, expect, it } from "vitest";
import { vihfRoles } from "../../appliance/dmp/codes.ts";
import type { DmpOptions } from "../../appliance/dmp/index.ts";
import { prepareSubmission } from "../../appliance/dmp/prepare.ts";
import { buildVihf } from "../../appliance/dmp/vihf.ts";
import type { StructureCredentials } from "../../appliance/trust/index.ts";
import { verifyEnveloped } from "../../appliance/xds/index.ts";
import { children, type Element, text } from "../../appliance/xds/xml-read.ts";
import { header, input, options, siteCredentials } from "./fixtures.ts";

let base: DmpOptions;
let credentials: StructureCredentials;

beforeAll(async () => {
  const site = await siteCredentials();
  base = options(site.credentials, site.files, 1);
  credentials = site.credentials.all[0]!;
});

const NOW = new Date("2026-01-12T08:16:00.500Z");

/** The assertion as a verifier believes it. */
async function vihf(changed: Partial<DmpOptions> = {}, given = input): Promise<Element> {
  const { vihf } = await prepareSubmission(given, base, new Date());
  const markup = await buildVihf(vihf, credentials.signing, { ...base, ...changed, digest: "SHA-256" }, NOW);
  return verifyEnveloped(markup.xml, { certificate: credentials.signing.certificate });
}

function attributes(assertion: Element): Record<string, (string | Record<string, string>)[]> {
  const nodes = [...assertion.getElementsByTagName("saml2:Attribute")];
  return Object.fromEntries(
    nodes.map((node) => [
      node.getAttribute("Name"),
      children(node).map((value) => {
        const coded = children(value)[0];
        if (coded === undefined) return text(value);
        const own = [...coded.attributes].filter((attribute) => !attribute.name.startsWith("xmlns"));
        return Object.fromEntries(own.map((attribute) => [attribute.name, attribute.value]));
      }),
    ]),
  );
}

describe("the VIHF", () => {
  it("names the professional as subject, the structure as issuer, the patient as resource", async () => {
    const assertion = await vihf();
    const get = (name: string) => text([...assertion.getElementsByTagName(name)][0]);
    expect(get("saml2:NameID")).toBe("899900012345");
    expect(get("saml2:Issuer")).toBe("CN=DRIMbox, OU=1750099999, O=IMAGERIE DES TILLEULS, C=FR");
    expect(attributes(assertion)).toMatchInlineSnapshot(`
      {
        "Authentification_Mode": [
          "INDIRECTE",
        ],
        "Identifiant_Structure": [
          "1750099999",
        ],
        "LPS_ID": [
          "01.12.12",
        ],
        "LPS_ID_HOMOLOGATION_DMP": [
          "XYZ-123456",
        ],
        "LPS_Nom": [
          "DRIMbox",
        ],
        "LPS_Version": [
          "1.0",
        ],
        "Ressource_URN": [
          "urn:dmp",
        ],
        "Secteur_Activite": [
          "SA25^1.2.250.1.71.4.2.4",
        ],
        "VIHF_Version": [
          "4.0",
        ],
        "urn:oasis:names:tc:xacml:2.0:resource:resource-id": [
          "285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH",
        ],
        "urn:oasis:names:tc:xacml:2.0:subject:role": [
          {
            "code": "10",
            "codeSystem": "1.2.250.1.71.1.2.7",
            "codeSystemName": "professions",
            "displayName": "Médecin",
            "xsi:type": "CE",
          },
          {
            "code": "SM44",
            "codeSystem": "1.2.250.1.71.4.2.5",
            "codeSystemName": "specialites RPPS",
            "displayName": "Médecin - Radio-diagnostic (SM)",
            "xsi:type": "CE",
          },
        ],
        "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse": [
          {
            "code": "normal",
            "codeSystem": "1.2.250.1.213.1.1.4.248",
            "codeSystemName": "mode acces VIHF 1.0",
            "displayName": "Accès normal",
            "xsi:type": "CE",
          },
        ],
        "urn:oasis:names:tc:xspa:1.0:subject:subject-id": [
          "CLAIRE MARTIN",
        ],
      }
    `);
  });

  it("is new at each attempt: its ID, a valid NCName, changes", async () => {
    const [first, second] = [await vihf(), await vihf()];
    expect(first.getAttribute("ID")).toMatch(/^_[0-9a-f-]{36}$/);
    expect(first.getAttribute("ID")).not.toBe(second.getAttribute("ID"));
    expect(first.getAttribute("IssueInstant")).toBe("2026-01-12T08:16:00.500Z");
  });

  it("has no Conditions by default, a short life when configured, never an audience", async () => {
    expect((await vihf()).getElementsByTagName("saml2:Conditions")).toHaveLength(0);
    const conditions = (await vihf({ vihf: { validitySeconds: 300 } })).getElementsByTagName("saml2:Conditions")[0]!;
    expect(conditions.getAttribute("NotBefore")).toBe("2026-01-12T08:15:00.500Z");
    expect(conditions.getAttribute("NotOnOrAfter")).toBe("2026-01-12T08:21:00.500Z");
    expect(children(conditions)).toHaveLength(0);
  });

  it("says 4.0 unless configured otherwise, and may do without LPS_ID", async () => {
    const { id: _, ...software } = base.software;
    const found = attributes(await vihf({ software, vihf: { version: "3.0" } }));
    expect(found.VIHF_Version).toEqual(["3.0"]);
    expect(found).not.toHaveProperty("LPS_ID");
  });

  it("carries any name without breaking: it is signed and verified with markup characters in it", async () => {
    const legalAuthenticator = { ...header.legalAuthenticator!, name: { family: "O'NEIL & <FILS>", given: "ZOÉ" } };
    const found = attributes(await vihf({}, { ...input, header: { ...header, legalAuthenticator } }));
    expect(found["urn:oasis:names:tc:xspa:1.0:subject:subject-id"]).toEqual(["ZOÉ O'NEIL & <FILS>"]);
  });
});

describe("the roles of the VIHF", () => {
  it.each([
    ["G15_10/SM44", ["10", "SM44"]],
    ["G15_10/CEX26", ["10", "CEX26"]],
    ["G15_98", ["98"]],
    ["G16_10/SM44", ["AUTOMATE"]],
    ["SECRETARIAT_MEDICAL", ["AUTOMATE"]],
    ["", ["AUTOMATE"]],
  ])("of %s are %j", (code, roles) => {
    expect(vihfRoles({ code, displayName: "x" }).map((role) => role.code)).toEqual(roles);
  });

  it("are the software's when the report names no profession", () => {
    expect(vihfRoles(undefined)).toEqual([{ code: "AUTOMATE", scheme: "1.2.250.1.213.1.1.4.6", display: "Automate" }]);
  });
});
