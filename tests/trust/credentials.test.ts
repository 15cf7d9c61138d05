import { verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCredentials, loadFileSigner, requireValid } from "../../appliance/trust/index.ts";
import { testCertificate } from "../support/certificates.ts";

const site = testCertificate();
const neighbour = testCertificate({ subject: "/C=FR/O=CONFLUENT/OU=1690088888/CN=DRIMbox", keyType: "ec" });
const coded = (code: string) => expect.objectContaining({ code });

describe("a signer from files", () => {
  it.each([
    ["rsa", site, "SHA-1", "sha1"],
    ["rsa", site, "SHA-256", "sha256"],
    ["ec", neighbour, "SHA-256", "sha256"],
  ] as const)("signs with its %s key what its certificate verifies", async (keyType, files, digest, name) => {
    const signer = await loadFileSigner(files);
    const value = await signer.sign(Buffer.from("hello"), digest);
    expect(signer.keyType).toBe(keyType);
    expect(
      verify(name, Buffer.from("hello"), { key: signer.certificate.publicKey, dsaEncoding: "ieee-p1363" }, value),
    ).toBe(true);
    if (keyType === "ec") expect(value).toHaveLength(64);
  });

  it.each([
    ["the key file is absent", { ...site, keyFile: "/nowhere/key.pem" }, "TRUST_FILE_UNREADABLE"],
    ["the certificate file is absent", { ...site, certificateFile: "/nowhere/c.pem" }, "TRUST_FILE_UNREADABLE"],
    ["the key file holds a certificate", { ...site, keyFile: site.certificateFile }, "TRUST_KEY_INVALID"],
    ["the certificate file holds a key", { ...site, certificateFile: site.keyFile }, "TRUST_CERTIFICATE_INVALID"],
    ["the two do not belong together", { ...site, keyFile: neighbour.keyFile }, "TRUST_KEY_MISMATCH"],
  ])("says so when %s", async (_, files, code) => {
    await expect(loadFileSigner(files)).rejects.toThrow(coded(code));
  });

  it("refuses a key type that no French profile uses", async () => {
    const keyFile = join(site.keyFile, "..", "ed25519.pem");
    writeFileSync(
      keyFile,
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n",
    );
    await expect(loadFileSigner({ ...site, keyFile })).rejects.toThrow(coded("TRUST_KEY_INVALID"));
  });

  it("keeps the key out of sight", async () => {
    const signer = await loadFileSigner(site);
    expect(JSON.stringify(signer)).not.toContain("PRIVATE");
    expect(Object.keys(signer).sort()).toEqual(["certificate", "keyType", "sign"]);
  });
});

describe("credentials by structure", () => {
  const load = () =>
    loadCredentials([
      { structureId: "1750099999", kind: "EG", authentication: site, signing: site },
      { structureId: "1690088888", kind: "EJ", authentication: neighbour, signing: neighbour },
    ]);

  it("are chosen by structure, first wish first, and by kind", async () => {
    const credentials = await load();
    expect(credentials.choose(["1690088888", "1750099999"], "EG")?.structureId).toBe("1750099999");
    expect(credentials.choose(["1690088888"], "EJ")?.structureId).toBe("1690088888");
    expect(credentials.choose(["1690088888"], "EG")).toBeUndefined();
    expect(credentials.choose([], "EG")).toBeUndefined();
  });

  it("are judged by date at use, and an early clock is called a clock", async () => {
    const pair = (await load()).all[0]!;
    requireValid(pair, new Date());
    const early = { code: "TRUST_CERTIFICATE_NOT_YET_VALID", retry: "later" };
    expect(() => requireValid(pair, new Date("1970-01-01"))).toThrow(expect.objectContaining(early));
    expect(() => requireValid(pair, new Date("2099-01-01"))).toThrow(
      expect.objectContaining({ code: "TRUST_CERTIFICATE_EXPIRED", retry: "human" }),
    );
  });
});
