import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  ASSOCIATION,
  cx,
  dtm,
  pid,
  provideAndRegister,
  submitObjectsRequest,
  xcnDevice,
  xcnPerson,
  xon,
} from "../../appliance/xds/index.ts";
import { children, parseRoot } from "../../appliance/xds/xml-read.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { metadata } from "./fixtures.ts";

const samples = sharedSamples();
const canValidate = samples !== undefined && hasCommand("xmllint");

function validate(xml: string, schema: string): void {
  const path = join(samples!, "schemas/ihe-xds/nist-toolkit2-v3", schema);
  execFileSync("xmllint", ["--noout", "--schema", path, "-"], { input: xml, stdio: ["pipe", "pipe", "pipe"] });
}

describe("ebRIM metadata", () => {
  it.skipIf(!canValidate)("are valid against the ITI-41 schema (xmllint or ../shared absent: skipped)", () => {
    const body = provideAndRegister(submitObjectsRequest(metadata).xml, [{ id: "DocumentKOS", contentId: "1@x" }]);
    validate(body.xml.replace(/<xop:Include[^>]*\/>/, "AAAA"), "XDS.b_DocumentRepository.xsd");
    validate(submitObjectsRequest(metadata).xml, "lcm.xsd");
  });

  it.skipIf(!canValidate)(
    "are refused by that schema when a Slot comes late: the check does check (xmllint or ../shared absent: skipped)",
    () => {
      const xml = submitObjectsRequest(metadata).xml.replace(
        "</ExtrinsicObject>",
        '<Slot name="x"><ValueList><Value>1</Value></ValueList></Slot></ExtrinsicObject>',
      );
      expect(() => validate(xml, "lcm.xsd")).toThrow();
    },
  );

  it.skipIf(!canValidate)(
    "are valid for a status update, where an association has other slots or none (xmllint or ../shared absent: skipped)",
    () => {
      const associations = [
        {
          type: ASSOCIATION.updateAvailabilityStatus,
          source: "SubmissionSet01",
          target: "urn:uuid:1",
          slots: { A: "b" },
        },
        { type: ASSOCIATION.replaces, source: "DocumentKOS", target: "urn:uuid:1" },
      ];
      const { xml } = submitObjectsRequest({ ...metadata, documents: [], associations });
      validate(xml, "lcm.xsd");
      expect(xml.match(/<Association .*/)?.[0]).toBe(
        '<Association id="as7" associationType="urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus" sourceObject="SubmissionSet01" targetObject="urn:uuid:1">' +
          '<Slot name="A"><ValueList><Value>b</Value></ValueList></Slot></Association>' +
          '<Association id="as8" associationType="urn:ihe:iti:2007:AssociationType:RPLC" sourceObject="DocumentKOS" targetObject="urn:uuid:1"/>' +
          "</RegistryObjectList></lcm:SubmitObjectsRequest>",
      );
    },
  );

  it("give every classification, identifier and association an id of its own", () => {
    const ids = [...submitObjectsRequest(metadata).xml.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids)).toHaveLength(ids.length);
    const objects = [...parseRoot(submitObjectsRequest(metadata).xml).getElementsByTagName("*")];
    for (const object of objects.filter((node) =>
      ["Classification", "ExternalIdentifier", "Association"].includes(node.tagName),
    ))
      expect(object.hasAttribute("id")).toBe(true);
  });

  it("put all Slots first and leave none empty", () => {
    const root = parseRoot(
      submitObjectsRequest({ ...metadata, documents: [{ ...metadata.documents[0]!, referenceIdList: [] }] }).xml,
    );
    const entry = root.getElementsByTagName("ExtrinsicObject")[0]!;
    const names = children(entry).map((node) => node.tagName);
    expect(names.lastIndexOf("Slot")).toBeLessThan(names.findIndex((name) => name !== "Slot"));
    expect([...root.getElementsByTagName("ValueList")].every((list) => children(list).length > 0)).toBe(true);
  });
});

describe("HL7 data types in metadata", () => {
  it("are written as the CI-SIS does", () => {
    expect(cx("285017500000130", "1.2.250.1.213.1.4.10", "NH")).toBe("285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH");
    expect(cx("2.25.1001", undefined, "urn:ihe:iti:xds:2016:studyInstanceUID")).toBe(
      "2.25.1001^^^^urn:ihe:iti:xds:2016:studyInstanceUID",
    );
    expect(xcnPerson({ id: "801", oid: "1.2.250.1.71.4.2.1", family: "MARTIN", given: "CLAIRE" })).toBe(
      "801^MARTIN^CLAIRE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
    );
    expect(
      xcnDevice({ id: "899711256811", oid: "1.2.250.1.71.4.2.1", name: "DRIMBox", manufacturer: "ANS", idType: "EI" }),
    ).toBe("899711256811^DRIMBox^ANS^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^EI");
    expect(xcnPerson({ id: "499700367909006/1", oid: "1.2.250.1.71.4.2.1", family: "MARTIN", given: "CLAIRE" })).toBe(
      "499700367909006/1^MARTIN^CLAIRE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^EI",
    );
    expect(xon("BCOM", "499700367909006", "1.2.250.1.71.4.2.2")).toBe(
      "BCOM^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^499700367909006",
    );
    expect(pid(11, "", "", "", "", "", "", "BDL", "", "51215")).toBe("PID-11|^^^^^^BDL^^51215");
  });

  it("escape delimiters in names, so that a name cannot change the structure", () => {
    expect(xon("RADIO & CO^~|\\", "1", "1.2")).toBe("RADIO \\T\\ CO\\S\\\\R\\\\F\\\\E\\^^^^^&1.2&ISO^IDNST^^^1");
  });

  it("times are UTC, across days and years", () => {
    expect(dtm(new Date("2026-01-01T00:30:00.999+01:00"))).toBe("20251231233000");
  });
});
