/** What a login asks of Pro Santé Connect; whole logins, and what others try, are in tests/viewer/login.test.ts. */
import { describe, expect, it } from "vitest";
import { createLogin, type LoginOptions } from "../../appliance/identity/index.ts";
import { SECRET_CLIENT } from "../../scripts/sandbox/psc/index.ts";
import { useStand } from "./stand.ts";

const stand = useStand();

function options(changes: Partial<LoginOptions> = {}): LoginOptions {
  const { psc, pki } = stand();
  const { issuer, userinfoEndpoint, authorizationEndpoint, tokenEndpoint, jwksEndpoint } = psc;
  return {
    ...{ issuer, userinfoEndpoint, authorizationEndpoint, tokenEndpoint, jwksEndpoint },
    client: SECRET_CLIENT,
    trustedAuthorities: pki.trust,
    redirectAddress: "https://vi1.example/login",
    returnAddress: "https://vi1.example/logged-out",
    ...changes,
  };
}

describe("a login", () => {
  it("is another each time, and asks nobody to begin", async () => {
    const { psc } = stand();
    const login = createLogin(options());
    const attempts = await Promise.all(Array.from({ length: 20 }, () => login.begin()));
    for (const name of ["state", "nonce", "verifier", "address"] as const)
      expect(new Set(attempts.map((attempt) => attempt[name])).size).toBe(20);
    expect(attempts[0]?.address).not.toContain(attempts[0]?.verifier);
    expect(psc.asked.token).toBe(0);
    await login.close();
  });

  it.each<[string, Record<string, string>, string]>([
    ["is given up", { error: "access_denied" }, "IDENTITY_LOGIN_REFUSED"],
    ["cannot be made now", { error: "temporarily_unavailable" }, "IDENTITY_PSC_UNAVAILABLE"],
    ["fails over there", { error: "server_error" }, "IDENTITY_PSC_UNAVAILABLE"],
    ["ends with words of another", { error: "Appelez le 3600" }, "IDENTITY_LOGIN_REFUSED"],
    ["ends with an error under another's state", { error: "access_denied", state: "x" }, "IDENTITY_LOGIN_UNVERIFIED"],
  ])("that %s says so in our words", async (_, answer, code) => {
    const login = createLogin(options());
    const attempt = await login.begin();
    const query = new URLSearchParams({ state: attempt.state, iss: options().issuer, ...answer });
    const fault = await login.complete(query, attempt).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code });
    expect(String(fault)).not.toContain("3600");
    // The address that says so may be anybody's: it is no news of Pro Santé Connect.
    expect(login.fault).toBeUndefined();
    await login.close();
  });

  it("that fails tells the site so for a quarter of an hour, not for ever", async () => {
    const { psc } = stand();
    let ticks = 0;
    const login = createLogin(options({ clocks: { time: () => Date.now(), ticks: () => ticks } }));
    const attempt = await login.begin();
    psc.suffer({ kind: "status", status: 503 }, "token");
    const query = new URLSearchParams({ state: attempt.state, iss: options().issuer, code: "x" });
    await expect(login.complete(query, attempt)).rejects.toMatchObject({ code: "IDENTITY_PSC_UNAVAILABLE" });
    ticks = 899_999;
    expect(login.fault).toMatchObject({ code: "IDENTITY_PSC_UNAVAILABLE" });
    ticks = 900_000;
    expect(login.fault).toBeUndefined();
    await login.close();
  });

  it("ends at the box alone when Pro Santé Connect has no address for it", async () => {
    const without = createLogin(options());
    expect(without.logoutAddress("token")).toBeUndefined();
    const { endSessionEndpoint } = stand().psc;
    const login = createLogin(options({ endSessionEndpoint }));
    const address = new URL(login.logoutAddress("token") ?? "");
    expect(address.href.startsWith(endSessionEndpoint)).toBe(true);
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      id_token_hint: "token",
      post_logout_redirect_uri: "https://vi1.example/logged-out",
    });
    await Promise.all([without.close(), login.close()]);
  });

  it("does not start with an address in clear", () => {
    for (const name of [
      "authorizationEndpoint",
      "tokenEndpoint",
      "jwksEndpoint",
      "userinfoEndpoint",
      "endSessionEndpoint",
    ])
      expect(() => createLogin(options({ [name]: "http://psc.example" }))).toThrow(
        expect.objectContaining({ code: "IDENTITY_CONFIGURATION", where: name }),
      );
  });
});
