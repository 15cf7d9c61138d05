import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfiguration, parseConfiguration } from "../../appliance/system/index.ts";

const pair = { keyFile: "keys/a.key", certificateFile: "keys/a.pem" };
const least = {
  dataFolder: "data",
  site: { name: "Imagerie des Tilleuls", publicAddress: "https://db1.example.fr", environment: "test" },
  hl7: {},
  pacs: [{ name: "PACS", host: "192.0.2.4", aeTitle: "ARCHIVE" }],
  dmp: {
    address: "https://dmp.example.fr/si-dmp-server/v2/services",
    authorityFile: "keys/dmp.pem",
    software: { serial: "S1", approval: "H1" },
    sourceId: "2.25.7",
    structures: [{ id: "1750099999", authentication: pair, signature: pair }],
  },
};

describe("the configuration", () => {
  it("needs little, and closes what it is not told to open", () => {
    const configuration = parseConfiguration(least);
    expect(configuration).toMatchObject({
      site: { timeZone: "Europe/Paris" },
      hl7: { port: 2575, senders: [] },
      pacs: [{ port: 104, callingAETitle: "DRIMBOX" }],
      dmp: { digest: "SHA-256", identification: "EG" },
      administration: { host: "127.0.0.1" },
      source: { studyWaitDays: 7 },
    });
  });

  const wrong: readonly [string, unknown, string][] = [
    ["a missing value", { ...least, dataFolder: undefined }, "dataFolder"],
    ["a word that nobody reads", { ...least, site: { ...least.site, timezone: "Europe/Paris" } }, "timezone"],
    ["a value of another type", { ...least, hl7: { port: "2575" } }, "hl7.port"],
    [
      "a plain http address",
      { ...least, site: { ...least.site, publicAddress: "http://db1.example.fr" } },
      "site.publicAddress",
    ],
    [
      "a public address with a trailing slash",
      { ...least, site: { ...least.site, publicAddress: "https://db1.fr/" } },
      "site.publicAddress",
    ],
    [
      "an application entity title of 17 characters",
      { ...least, pacs: [{ ...least.pacs[0], aeTitle: "A".repeat(17) }] },
      "pacs.0.aeTitle",
    ],
    ["no PACS", { ...least, pacs: [] }, "pacs"],
    [
      "a time zone that does not exist",
      { ...least, site: { ...least.site, timeZone: "Europe/Pariss" } },
      "site.timeZone",
    ],
    [
      "a viewer that has nothing to ask Pro Santé Connect by",
      {
        ...least,
        viewer: {
          ...pair,
          publicAddress: "https://vi1.example.fr",
          login: Object.fromEntries(
            ["authorization", "token", "jwks"].map((name) => [`${name}Endpoint`, "https://psc.example.fr"]),
          ),
        },
      },
      "viewer: needs images.identity",
    ],
    ["nothing", null, "(root)"],
  ];
  it.each(wrong)("refuses %s, by its path", (_what, input, path) => {
    expect(() => parseConfiguration(input)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => parseConfiguration(input)).toThrow(path);
  });

  it("reads files beside the configuration, wherever it is started from", async () => {
    const folder = mkdtempSync(join(tmpdir(), "configuration-"));
    writeFileSync(join(folder, "config.json"), JSON.stringify(least));
    const { dataFolder, dmp } = await loadConfiguration(join(folder, "config.json"));
    expect(dataFolder).toBe(join(folder, "data"));
    expect(dmp.structures[0]?.signature.keyFile).toBe(join(folder, "keys/a.key"));
    rmSync(folder, { recursive: true });
  });

  it("says why a file cannot be read", async () => {
    await expect(loadConfiguration("/nowhere/config.json")).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      details: { reason: "ENOENT" },
    });
  });
});
