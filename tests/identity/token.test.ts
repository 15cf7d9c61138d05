import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { TokenGateOptions } from "../../appliance/identity/index.ts";
import { NEIGHBOUR_CLIENT, OTHER_CLIENT, people, SECRET_CLIENT, SITE_CLIENT } from "../../scripts/sandbox/psc/index.ts";
import { useStand } from "./stand.ts";

const stand = useStand();
const refusal = (code: string) => expect.objectContaining({ code });
const inactive = refusal("IDENTITY_TOKEN_INACTIVE");

describe("a token", () => {
  it("tells who holds it, since when it is known and from which service", async () => {
    const { gate, psc } = stand();
    const before = Date.now();
    const professional = await gate().check(await psc.issue("radiologist"));
    expect(professional).toMatchObject({
      subjectNameID: people.radiologist.SubjectNameID,
      client: SITE_CLIENT,
      exercises: [
        {
          profession: "10",
          category: "C",
          speciality: "SM44",
          activities: [{ structureId: "1750099999", structureName: "Imagerie des Tilleuls", sector: "SA08" }],
        },
      ],
    });
    const life = professional.expiresAt.getTime() - before;
    expect(life).toBeGreaterThan(100_000);
    expect(life).toBeLessThanOrEqual(121_000);
  });

  it("of another box's professional is taken as one of ours", async () => {
    const { gate, psc } = stand();
    const token = await psc.issue("physician", { client: NEIGHBOUR_CLIENT });
    expect(await gate().check(token)).toMatchObject({ client: NEIGHBOUR_CLIENT });
  });

  it("that was forged opens nothing: one character changed, a JWT of one's own, an opaque word", async () => {
    const { gate, psc } = stand();
    const { check } = gate();
    const token = await psc.issue("physician");
    const forged = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const jwt = `${encode({ alg: "none" })}.${encode({ active: true, typ: "Bearer", iss: psc.issuer })}.`;
    for (const bad of [forged, jwt, "x", "../../userinfo", "a".repeat(8192)])
      await expect(check(bad)).rejects.toEqual(inactive);
  });

  it("that was revoked or has expired opens nothing", async () => {
    const { gate, psc } = stand();
    const { check } = gate();
    const [revoked, expired] = [await psc.issue("physician"), await psc.issue("physician")];
    psc.revoke(revoked);
    psc.expire(expired);
    await expect(check(revoked)).rejects.toEqual(inactive);
    await expect(check(expired)).rejects.toEqual(inactive);
  });

  it("that is none is refused before Pro Santé Connect is asked", async () => {
    const { gate, psc } = stand();
    const { check } = gate();
    const asked = psc.asked.introspection;
    await expect(check("")).rejects.toEqual(refusal("IDENTITY_TOKEN_MISSING"));
    const malformed = ["a".repeat(100_000), "a b", "a\r\nX-Evil: 1", "é", "=", "a=b", "a&client_id=b", "\0"];
    for (const bad of malformed) await expect(check(bad)).rejects.toEqual(refusal("IDENTITY_TOKEN_MALFORMED"));
    expect(psc.asked.introspection).toBe(asked);
  });

  it("to refresh with is not one to see images with", async () => {
    const { gate, psc } = stand();
    const token = await psc.issue("physician", { kind: "refresh" });
    await expect(gate().check(token)).rejects.toEqual(refusal("IDENTITY_TOKEN_KIND"));
  });

  it("of a service that is not on the list is refused", async () => {
    const { gate, psc } = stand();
    const { check } = gate({ clients: [SITE_CLIENT, NEIGHBOUR_CLIENT] });
    await expect(check(await psc.issue("physician", { client: OTHER_CLIENT.id }))).rejects.toEqual(
      refusal("IDENTITY_TOKEN_FOREIGN"),
    );
    expect(await check(await psc.issue("physician", { client: NEIGHBOUR_CLIENT }))).toBeDefined();
  });

  it.each<[string, unknown, TokenGateOptions["audiences"], boolean]>([
    ["none, where one is wanted", undefined, ["drimbox"], false],
    ["another", "agenda", ["drimbox"], false],
    ["several, none of them ours", ["agenda", "account"], ["drimbox"], false],
    ["ours", "drimbox", ["drimbox"], true],
    ["ours among others", ["account", "drimbox"], ["drimbox"], true],
    ["whatever, where any is taken", "agenda", "any", true],
  ])("whose audience is %s", async (_, aud, audiences = "any", taken) => {
    const { gate, psc } = stand();
    psc.suffer({ kind: "altered", change: (claims) => ({ ...claims, aud }) }, "introspection");
    const check = gate({ audiences }).check(await psc.issue("physician"));
    if (taken) expect(await check).toBeDefined();
    else await expect(check).rejects.toEqual(refusal("IDENTITY_TOKEN_FOREIGN"));
  });
});

describe("a token bound to a certificate", () => {
  const der = (pem: string) => new X509Certificate(pem).raw;

  it("opens to the holder of that certificate only, also once it is known", async () => {
    const { gate, psc, pki } = stand();
    const { check } = gate();
    const [site, neighbour] = pki.structures.map(({ auth }) => auth.certificate) as [string, string];
    const token = await psc.issue("physician", { boundTo: site });
    const bound = refusal("IDENTITY_TOKEN_BOUND");
    for (let time = 0; time < 2; time++) {
      await expect(check(token)).rejects.toEqual(bound);
      await expect(check(token, { certificate: der(neighbour) })).rejects.toEqual(bound);
      expect(await check(token, { certificate: der(site) })).toBeDefined();
    }
  });

  it("to another's certificate opens no userinfo for us: the profession is unknown unless introspection says it", async () => {
    const { gate, psc, pki } = stand();
    const boundTo = pki.structures[1].auth.certificate;
    const token = await psc.issue("physician", { client: NEIGHBOUR_CLIENT, boundTo });
    await expect(gate().check(token, { certificate: der(boundTo) })).rejects.toEqual(
      refusal("IDENTITY_PROFESSION_UNKNOWN"),
    );
    psc.suffer({ kind: "altered", change: (claims) => ({ ...claims, ...people.physician }) }, "introspection");
    expect(await gate().check(token, { certificate: der(boundTo) })).toMatchObject({ client: NEIGHBOUR_CLIENT });
  });

  it("by a means that is not a certificate opens nothing", async () => {
    const { gate, psc, pki } = stand();
    const certificate = der(pki.structures[0].auth.certificate);
    for (const cnf of [{ jkt: "x" }, {}, "x", null, { "x5t#S256": "" }]) {
      psc.suffer({ kind: "altered", change: (claims) => ({ ...claims, cnf }) }, "introspection");
      const token = await psc.issue("physician");
      await expect(gate().check(token, { certificate })).rejects.toEqual(refusal("IDENTITY_TOKEN_BOUND"));
    }
  });
});

describe("the answer to introspection", () => {
  const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;

  it.each<[string, object, string]>([
    ["active as a word", { active: "true" }, "IDENTITY_PSC_ANSWER"],
    ["active as a number", { active: 1 }, "IDENTITY_PSC_ANSWER"],
    ["no active", { active: undefined }, "IDENTITY_PSC_ANSWER"],
    ["another issuer", { iss: "https://elsewhere.example" }, "IDENTITY_TOKEN_FOREIGN"],
    ["no issuer", { iss: undefined }, "IDENTITY_TOKEN_FOREIGN"],
    ["an issuer in a list", { iss: ["x"] }, "IDENTITY_TOKEN_FOREIGN"],
    ["no service", { azp: undefined, client_id: undefined }, "IDENTITY_PSC_ANSWER"],
    ["no type", { typ: undefined, token_type: undefined }, "IDENTITY_TOKEN_KIND"],
    ["an identity token", { typ: "ID" }, "IDENTITY_TOKEN_KIND"],
    ["no end", { exp: undefined }, "IDENTITY_PSC_ANSWER"],
    ["an end as a word", { exp: "4102444800" }, "IDENTITY_PSC_ANSWER"],
    ["an end in milliseconds", { exp: Date.now() }, "IDENTITY_PSC_ANSWER"],
    ["an end before time", { exp: -1 }, "IDENTITY_PSC_ANSWER"],
    ["an end that has been", { exp: seconds(-300) }, "IDENTITY_TOKEN_EXPIRED"],
    ["a beginning to come", { nbf: seconds(600) }, "IDENTITY_TOKEN_EXPIRED"],
    ["made in the future", { iat: seconds(600) }, "IDENTITY_TOKEN_EXPIRED"],
    ["no subject", { sub: undefined }, "IDENTITY_PSC_ANSWER"],
    ["another's subject", { sub: "radiologist" }, "IDENTITY_PSC_ANSWER"],
    ["another's identifier", { SubjectNameID: people.nurse.SubjectNameID }, "IDENTITY_PSC_ANSWER"],
  ])("with %s is no yes", async (_, wrong, code) => {
    const { gate, psc } = stand();
    psc.suffer({ kind: "altered", change: (claims) => ({ ...claims, ...wrong }) }, "introspection");
    await expect(gate().check(await psc.issue("physician"))).rejects.toEqual(refusal(code));
  });

  it("may be that of any provider of RFC 7662: token_type and client_id without typ and azp", async () => {
    const { gate, psc } = stand();
    const change = (claims: object) => ({ ...claims, typ: undefined, azp: undefined, token_type: "bearer" });
    psc.suffer({ kind: "altered", change }, "introspection");
    expect(await gate({ clients: [SITE_CLIENT] }).check(await psc.issue("physician"))).toBeDefined();
  });

  it("is taken when the two clocks differ by seconds, and not by minutes", async () => {
    const { gate, psc, clock } = stand();
    for (const [time, taken] of [
      [140_000, true],
      [-25_000, true],
      [160_000, false],
      [-60_000, false],
    ] as const) {
      clock.time = time;
      const check = gate().check(await psc.issue("physician"));
      if (taken) expect(await check).toBeDefined();
      else await expect(check).rejects.toEqual(refusal("IDENTITY_TOKEN_EXPIRED"));
    }
  });
});

describe("the box", () => {
  it("may be known to Pro Santé Connect by a secret, with whatever signs are in it", async () => {
    const { gate, psc } = stand();
    expect(await gate({ client: SECRET_CLIENT }).check(await psc.issue("physician"))).toBeDefined();
  });

  it("that Pro Santé Connect does not know, or not under that name, says yes to nobody", async () => {
    const { gate, psc, pki, by } = stand();
    const token = await psc.issue("physician");
    const untrusted = await pki.issue({
      name: "fake-auth",
      kind: "ORG AUTH_CLI",
      structure: pki.structures[0],
      untrusted: true,
    });
    const clients: TokenGateOptions["client"][] = [
      { ...SECRET_CLIENT, secret: "wrong" },
      { id: "nobody", secret: "x" },
      { id: SITE_CLIENT, secret: "x" },
      await by(SITE_CLIENT, pki.structures[1].auth),
      await by(SECRET_CLIENT.id, pki.structures[0].auth),
      await by(SITE_CLIENT, untrusted),
    ];
    for (const client of clients)
      await expect(gate({ client }).check(token)).rejects.toEqual(refusal("IDENTITY_CLIENT_REFUSED"));
  });

  it("without the right to introspect hears of no token", async () => {
    const { gate, psc } = stand();
    await expect(gate({ client: OTHER_CLIENT }).check(await psc.issue("physician"))).rejects.toEqual(inactive);
  });

  it("believes no server that another authority vouches for", async () => {
    const { gate, psc, pki } = stand();
    const { certificate } = await pki.issue({ name: "x", kind: "SERVER", structure: pki.structures[0] });
    const check = gate({ trustedAuthorities: certificate.split(/(?<=-----END CERTIFICATE-----\n)/)[0] ?? "" }).check;
    const asked = psc.asked.introspection;
    await expect(check(await psc.issue("physician"))).rejects.toEqual(refusal("IDENTITY_PSC_UNAVAILABLE"));
    expect(psc.asked.introspection).toBe(asked);
  });

  it("does not start with an address in clear or a duration out of bounds", () => {
    const { gate, psc } = stand();
    const wrong: Partial<TokenGateOptions>[] = [
      { introspectionEndpoint: psc.introspectionEndpoint.replace("https", "http") },
      { userinfoEndpoint: "userinfo" },
      { cacheSeconds: 121 },
      { cacheSeconds: Number.NaN },
      { timeout: 0 },
    ];
    for (const options of wrong) expect(() => gate(options)).toThrow(refusal("IDENTITY_CONFIGURATION"));
  });
});
