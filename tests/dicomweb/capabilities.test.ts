/** What the service says that it can do is what it does. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { capabilities, negotiate, parsePath, preferredOf, routes, wadl } from "../../appliance/dicomweb/index.ts";
import { hasCommand } from "../support/peers.ts";

const options = { base: 'https://box.example/?a=1&b="2"', headers: ["Authorization", "KOS-SOPInstanceUID"] };
const path = (template: string) =>
  template.replaceAll(/\{(\w+)\}/g, (_, name) => ({ frames: "1,2", attribute: "7FE00010" })[name as string] ?? "1.2");

describe("the routes", () => {
  it.each(routes)("$name: what it says is what is understood and sent", ({ path: template, what, name }) => {
    const resource = parsePath(path(template));
    expect(resource?.what).toBe(what);
    const { transactions } = capabilities(options) as { transactions: { name: string; accept: string[] }[] };
    const accept = transactions.find((one) => one.name === name)?.accept ?? [];
    expect(accept.length).toBeGreaterThan(0);
    for (const mediaType of accept) {
      expect(resource && negotiate(resource, [mediaType], { lenient: false }).form).toBeDefined();
    }
  });

  it("are each in the WADL, with its variables and the headers that are needed", () => {
    const text = wadl(options);
    for (const { name, path: template } of routes) {
      expect(text).toContain(`<resource path="${template.slice(1)}">`);
      expect(text).toContain(`<method name="GET" id="${name}">`);
    }
    expect(text).toContain('<param name="KOS-SOPInstanceUID" style="header" required="true"/>');
    expect(text).toContain('<param name="frames" style="template" required="true"/>');
    expect(text).toContain('<representation mediaType="multipart/related; type=&quot;application/dicom&quot;"/>');
  });

  it.skipIf(!hasCommand("xmllint"))("make well-formed XML (needs xmllint)", () => {
    const { status, stdout } = spawnSync("xmllint", ["--xpath", "string(//*[local-name()='resources']/@base)", "-"], {
      input: wadl(options),
      encoding: "utf8",
    });
    expect({ status, base: stdout.trim() }).toEqual({ status: 0, base: options.base });
  });
});

describe("a choice of media types", () => {
  const types = ["application/json", "application/vnd.sun.wadl+xml"];
  it.each<[lines: string[], best: string]>([
    [[], "application/json"],
    [["*/*"], "application/json"],
    [["application/vnd.sun.wadl+xml"], "application/vnd.sun.wadl+xml"],
    [["application/json;q=0.3, application/*;q=0.8"], "application/vnd.sun.wadl+xml"],
    [["application/xml", "*/*;q=0.1", "application/json;q=0"], "application/vnd.sun.wadl+xml"],
  ])("%j: %s", (lines, best) => expect(preferredOf(types, lines)).toBe(best));

  it("says what can be had when none is wanted", () => {
    expect(() => preferredOf(types, ["text/html"])).toThrow(
      expect.objectContaining({ code: "DICOMWEB_NOT_ACCEPTABLE", details: { available: types.join(", ") } }),
    );
  });
});
