/** The login at Pro Santé Connect, in full and over TLS, and what others may try with it. */
import { describe, expect, it } from "vitest";
import { type PersonName, people, VIEWER_ADDRESS } from "../../scripts/sandbox/psc/index.ts";
import type { Browser, Visited } from "../support/browser.ts";
import { LINK, logIn, QUERY, useStand } from "./stand.ts";

const stand = useStand();
const BEGIN = `${VIEWER_ADDRESS}/professional?${QUERY}`;
const codeIn = (text: string) => /class="code">[^<]*?([A-Z]+_[A-Z_]+)</.exec(text)?.[1];
const failed = ({ status, text }: Visited) => [status, codeIn(text)];
const host = new URL(VIEWER_ADDRESS).host;
const sessionOf = (browser: Browser) => browser.cookies.get(host)?.get("__Host-session");
const isIn = async (browser: Browser) => (await browser.visit(LINK)).text.includes("Se déconnecter");

/** Goes as far as the address by which Pro Santé Connect sends the browser back, and does not go there. */
async function answerFor(browser: Browser, person: PersonName, begin = BEGIN): Promise<string> {
  let visited = await browser.visit(begin);
  while (!visited.location?.startsWith(`${VIEWER_ADDRESS}/login?`)) {
    // Somebody who is logged in over there is not asked again.
    visited = await (visited.location === undefined
      ? browser.visit(visited.address, { form: { person } })
      : browser.visit(visited.location));
  }
  return visited.location;
}

/** The authorization request of a new login, changed. */
async function begun(browser: Browser, change: (query: URLSearchParams) => void): Promise<string> {
  const { location = "" } = await browser.visit(BEGIN);
  const address = new URL(location);
  change(address.searchParams);
  return address.href;
}

describe("a login", () => {
  it("asks for what the specification asks for: code, PKCE, state, nonce, eidas1", async () => {
    const { open, browser, psc } = stand();
    const { status, location = "", headers } = await browser(await open()).visit(BEGIN);
    expect(status).toBe(303);
    expect(location.startsWith(psc.authorizationEndpoint)).toBe(true);
    const asked = Object.fromEntries(new URL(location).searchParams);
    expect(asked).toMatchObject({
      response_type: "code",
      scope: "openid scope_all",
      acr_values: "eidas1",
      max_age: "14400",
      code_challenge_method: "S256",
      redirect_uri: `${VIEWER_ADDRESS}/login`,
    });
    for (const name of ["state", "nonce", "code_challenge"]) expect(asked[name]).toMatch(/^[\w-]{43}$/);
    expect(headers["set-cookie"]).toMatch(
      /^__Host-login=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
  });

  it("opens a session, and the next link of the day without another", async () => {
    const { open, browser, psc } = stand();
    const visitor = browser(await open());
    expect((await logIn(visitor, "physician")).status).toBe(200);
    const { token } = psc.asked;
    expect(await isIn(visitor)).toBe(true);
    expect(psc.asked.token).toBe(token);
  });

  it("of several at a time, in two windows of one browser, works in both", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    const [one, other] = [await answerFor(visitor, "physician"), await answerFor(visitor, "physician")];
    expect((await visitor.follow(other)).text).toContain("Se déconnecter");
    expect((await visitor.follow(one)).text).toContain("Se déconnecter");
  });

  it.each<[PersonName, string]>([
    ["nurse", "VIEWER_PROFESSION_REFUSED"],
    ["secretary", "VIEWER_PROFESSION_REFUSED"],
    ["unregistered", "VIEWER_PROFESSION_REFUSED"],
  ])("lets no %s in, and the trail says who it was", async (person, code) => {
    const { open, browser, audit } = stand();
    const visitor = browser(await open());
    expect(failed(await logIn(visitor, person))).toEqual([403, code]);
    expect(await isIn(visitor)).toBe(false);
    expect(audit[0]).toMatchObject({
      event: "professional-login",
      outcome: 8,
      users: [{ id: people[person].SubjectNameID }],
    });
  });

  it("that the professional gives up leads back to the link", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    const page = await visitor.follow(BEGIN);
    const end = await visitor.follow(page.address, { form: { cancel: "1" } });
    expect(failed(end)).toEqual([403, "IDENTITY_LOGIN_REFUSED"]);
    expect(end.text).toContain("/IHEInvokeImageDisplay?requestType=STUDY");
  });

  it("ends at the box and at Pro Santé Connect", async () => {
    const { open, browser, psc, audit } = stand();
    const visitor = browser(await open());
    await logIn(visitor, "physician");
    const session = sessionOf(visitor);
    const left = await visitor.visit(`${VIEWER_ADDRESS}/logout`, { form: {} });
    expect(left.location?.startsWith(psc.endSessionEndpoint)).toBe(true);
    const confirm = await visitor.visit(left.location ?? "");
    expect(confirm.status).toBe(200);
    const [, action = "", xsrf = ""] = /action="([^"]+)".*name="xsrf" value="([^"]+)"/.exec(confirm.text) ?? [];
    const end = await visitor.follow(action, { form: { xsrf, logout: "yes" } });
    expect(end.address).toBe(`${VIEWER_ADDRESS}/logged-out`);
    expect(end.text).toContain("déconnecté");
    expect(audit.at(-1)).toMatchObject({
      event: "professional-logout",
      users: [{ id: people.physician.SubjectNameID }],
    });
    visitor.cookies.get(host)?.set("__Host-session", session ?? "");
    expect(await isIn(visitor)).toBe(false);
  });

  it("ends when it is not used", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open({ idleMs: 1 }));
    expect((await logIn(visitor, "physician")).text).toContain("Vous ouvrez ce lien en tant que");
  });
});

describe("what others try", () => {
  it.each<[string, Record<string, string>, number]>([
    ["the box's own page", { origin: VIEWER_ADDRESS }, 303],
    ["a page without a referrer", { origin: "null", "sec-fetch-site": "same-origin" }, 303],
    ["another site", { origin: "https://evil.example" }, 404],
    ["another site that hides its name", { origin: "null", "sec-fetch-site": "cross-site" }, 404],
    ["another host of the site", { "sec-fetch-site": "same-site" }, 404],
  ])("a logout that comes from %s", async (_, headers, status) => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    await logIn(visitor, "physician");
    expect((await visitor.visit(`${VIEWER_ADDRESS}/logout`, { form: {}, headers })).status).toBe(status);
    expect(await isIn(visitor)).toBe(status === 404);
  });

  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ["no level", ({ acr: _, ...claims }) => claims],
    ["another level", (claims) => ({ ...claims, acr: "eidas0" })],
    ["no time", ({ auth_time: _, ...claims }) => claims],
    ["a time of this morning", (claims) => ({ ...claims, auth_time: Number(claims.auth_time) - 14_500 })],
  ])("an ID token that says %s of the login opens nothing", async (_, change) => {
    const { open, browser, psc } = stand();
    const visitor = browser(await open());
    psc.suffer({ kind: "signed", change }, "token");
    expect(failed(await logIn(visitor, "physician"))).toEqual([403, "IDENTITY_LOGIN_UNVERIFIED"]);
  });

  it("another's answer opens nothing in a browser that did not begin the login, nor uses it up", async () => {
    const { open, browser } = stand();
    const service = await open();
    const [attacker, victim] = [browser(service), browser(service)];
    const answer = await answerFor(attacker, "physician");
    expect(failed(await victim.follow(answer))).toEqual([400, "VIEWER_LOGIN_LOST"]);
    // With a login of his own under way, too.
    await victim.visit(BEGIN);
    expect(failed(await victim.follow(answer))).toEqual([400, "VIEWER_LOGIN_LOST"]);
    expect(await isIn(victim)).toBe(false);
    expect((await attacker.follow(answer)).status).toBe(200);
  });

  it("an answer is good once: a code that comes again opens nothing", async () => {
    const { open, browser } = stand();
    const service = await open();
    const visitor = browser(service);
    const answer = await answerFor(visitor, "physician");
    await visitor.follow(answer);
    visitor.cookies.get(host)?.delete("__Host-session");
    expect(failed(await visitor.follow(answer))).toEqual([400, "VIEWER_LOGIN_LOST"]);
    expect(await isIn(visitor)).toBe(false);
  });

  it("a stolen code in a login of one's own opens nothing (PKCE)", async () => {
    const { open, browser } = stand();
    const service = await open();
    const [victim, thief] = [browser(service), browser(service)];
    const code = new URL(await answerFor(victim, "physician")).searchParams.get("code") ?? "";
    const own = new URL(await answerFor(thief, "nurse"));
    own.searchParams.set("code", code);
    expect(failed(await thief.follow(own.href))).toEqual([403, "IDENTITY_LOGIN_UNVERIFIED"]);
    expect(await isIn(thief)).toBe(false);
  });

  it.each<[string, (answer: URLSearchParams) => void, [number, string]]>([
    ["a state of one's own", (answer) => answer.set("state", "a".repeat(43)), [400, "VIEWER_LOGIN_LOST"]],
    ["no state", (answer) => answer.delete("state"), [400, "VIEWER_LOGIN_LOST"]],
    ["two states", (answer) => answer.append("state", "other"), [403, "IDENTITY_LOGIN_UNVERIFIED"]],
    ["a code of one's own", (answer) => answer.set("code", "made-up"), [403, "IDENTITY_LOGIN_UNVERIFIED"]],
    ["no code", (answer) => answer.delete("code"), [403, "IDENTITY_LOGIN_UNVERIFIED"]],
    ["two codes", (answer) => answer.append("code", "other"), [403, "IDENTITY_LOGIN_UNVERIFIED"]],
    ["another issuer", (answer) => answer.set("iss", "https://evil.example"), [403, "IDENTITY_LOGIN_UNVERIFIED"]],
    [
      "an error that is markup",
      (answer) => answer.set("error", "<script>alert(1)</script>"),
      [403, "IDENTITY_LOGIN_REFUSED"],
    ],
  ])("an answer with %s opens nothing", async (_, change, expected) => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    const answer = new URL(await answerFor(visitor, "physician"));
    change(answer.searchParams);
    const end = await visitor.follow(answer.href);
    expect(failed(end)).toEqual(expected);
    expect(end.text).not.toContain("<script");
    expect(await isIn(visitor)).toBe(false);
  });

  it("an ID token made for another login opens nothing: its nonce is not ours", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    const address = await begun(visitor, (query) => query.set("nonce", "n".repeat(43)));
    expect(failed(await visitor.follow(await answerFor(visitor, "physician", address)))).toEqual([
      403,
      "IDENTITY_LOGIN_UNVERIFIED",
    ]);
    expect(await isIn(visitor)).toBe(false);
  });

  it.each<[string, (token: string) => string | undefined]>([
    ["with another signature", (token) => `${token.slice(0, -8)}AAAAAAAA`],
    ["without signature", (token) => `${token.split(".").slice(0, 2).join(".")}.`],
    ["of algorithm none", (token) => `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`],
    [
      "signed with the client's own words",
      (token) => `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${token.split(".")[1]}.AAAA`,
    ],
    ["that is none", () => "x"],
    ["that is missing", () => undefined],
  ])("an ID token %s opens nothing", async (_, forge) => {
    const { open, browser, psc } = stand();
    const visitor = browser(await open());
    psc.suffer(
      { kind: "altered", change: (answer) => ({ ...answer, id_token: forge(String(answer.id_token)) }) },
      "token",
    );
    expect(failed(await logIn(visitor, "physician"))).toEqual([403, "IDENTITY_LOGIN_UNVERIFIED"]);
    expect(await isIn(visitor)).toBe(false);
  });

  it("userinfo of somebody else opens nothing", async () => {
    const { open, browser, psc } = stand();
    const visitor = browser(await open());
    psc.suffer({ kind: "altered", change: (claims) => ({ ...claims, sub: "radiologist" }) }, "userinfo");
    expect(failed(await logIn(visitor, "physician"))).toEqual([403, "IDENTITY_LOGIN_UNVERIFIED"]);
  });

  it("a session that somebody put there before the login is not the session after it", async () => {
    const { open, browser } = stand();
    const service = await open();
    const [victim, attacker] = [browser(service), browser(service)];
    await logIn(attacker, "physician");
    const planted = sessionOf(attacker) ?? "";
    const answer = await answerFor(victim, "radiologist");
    victim.cookies.get(host)?.set("__Host-session", planted);
    await victim.follow(answer);
    expect(sessionOf(victim)).not.toBe(planted);
    expect(await isIn(attacker)).toBe(false);
    expect((await victim.visit(LINK)).text).toContain("Odilon CALQUE");
  });

  it("no address leads away from the box", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    for (const evil of ["https://evil.example", "//evil.example", "/\\evil.example"]) {
      for (const name of ["redirect_uri", "returnTo", "next", "url"]) {
        const { status } = await visitor.visit(`${BEGIN}&${name}=${encodeURIComponent(evil)}`);
        expect(status).toBe(400);
      }
    }
    const answer = new URL(await answerFor(visitor, "physician"));
    answer.searchParams.set("target_link_uri", "https://evil.example");
    expect(new URL((await visitor.follow(answer.href)).address).origin).toBe(VIEWER_ADDRESS);
  });
});

describe("the site", () => {
  it.each<[string, Parameters<ReturnType<typeof stand>["psc"]["suffer"]>]>([
    ["every ID token fails", [{ kind: "altered", change: (answer) => ({ ...answer, id_token: "x" }) }, "token"]],
    ["the box is not allowed to log anybody in", [{ kind: "status", status: 403 }, "token"]],
    ["the token opens no userinfo", [{ kind: "status", status: 401 }, "userinfo"]],
    [
      "whose number it is makes no sense",
      [{ kind: "altered", change: (claims) => ({ ...claims, SubjectNameID: "8\u202e" }) }, "userinfo"],
    ],
  ])("is told when %s, and when it is over", async (_, fault) => {
    const { open, browser, psc } = stand();
    const service = await open();
    psc.suffer(...fault);
    expect((await logIn(browser(service), "physician")).status).toBeGreaterThanOrEqual(403);
    expect(service.problems()).toMatchObject([{ code: expect.stringMatching(/^IDENTITY_/) }]);
    psc.recover();
    await logIn(browser(service), "nurse");
    expect(service.problems()).toEqual([]);
  });

  it("is told nothing by what a visitor writes into an address", async () => {
    const { open, browser } = stand();
    const service = await open();
    for (const error of ["server_error", "temporarily_unavailable", "unauthorized_client", "invalid_client"]) {
      const visitor = browser(service);
      const state = new URL((await visitor.visit(BEGIN)).location ?? "").searchParams.get("state");
      await visitor.visit(`${VIEWER_ADDRESS}/login?state=${state}&error=${error}`);
      expect(service.problems()).toEqual([]);
    }
    const visitor = browser(service);
    const address = await begun(visitor, (query) => query.set("nonce", "n".repeat(43)));
    expect((await visitor.follow(await answerFor(visitor, "physician", address))).status).toBe(403);
    expect(service.problems()).toEqual([]);
  });
});

describe("what strangers send to Pro Santé Connect", () => {
  it("is five wrong codes a minute, and the login that waits is not lost", async () => {
    const { open, browser, psc } = stand();
    const service = await open();
    const honest = browser(service);
    const answer = await answerFor(honest, "physician");
    const { token } = psc.asked;
    const codes: (string | undefined)[] = [];
    for (let number = 0; number < 7; number++) {
      const visitor = browser(service);
      const { location = "" } = await visitor.visit(BEGIN);
      const query = new URLSearchParams({ state: new URL(location).searchParams.get("state") ?? "", code: "junk" });
      query.set("iss", psc.issuer);
      codes.push(codeIn((await visitor.visit(`${VIEWER_ADDRESS}/login?${query}`)).text));
    }
    expect(codes).toEqual([
      ...Array.from({ length: 5 }, () => "IDENTITY_LOGIN_UNVERIFIED"),
      ...Array.from({ length: 2 }, () => "VIEWER_TOO_MANY_REQUESTS"),
    ]);
    expect(psc.asked.token - token).toBe(5);
    expect(failed(await honest.visit(answer))).toEqual([429, "VIEWER_TOO_MANY_REQUESTS"]);
  });

  it("is two codes of a subscriber at a time", async () => {
    const { open, browser, psc } = stand();
    const service = await open();
    const visitors = Array.from({ length: 3 }, () => browser(service));
    const answers: string[] = [];
    for (const visitor of visitors) answers.push(await answerFor(visitor, "physician"));
    psc.suffer({ kind: "slow", ms: 300 }, "token");
    const ends = await Promise.all(visitors.map((visitor, number) => visitor.visit(answers[number] ?? "")));
    expect(ends.map(({ status }) => status).sort()).toEqual([303, 303, 503]);
    const late = ends.findIndex(({ status }) => status === 503);
    expect((await visitors[late]?.visit(answers[late] ?? ""))?.status).toBe(303);
  });
});

describe("while Pro Santé Connect is away", () => {
  it.each<[string, Parameters<ReturnType<typeof stand>["psc"]["suffer"]>[0]]>([
    ["does not answer", { kind: "down" }],
    ["answers 503", { kind: "status", status: 503 }],
    ["answers without end", { kind: "endless" }],
    ["breaks off", { kind: "truncated" }],
  ])("and %s, nobody comes in, and the page says so", async (_, fault) => {
    const { open, browser, psc } = stand();
    const service = await open();
    const visitor = browser(service);
    for (const endpoint of ["token", "jwks", "userinfo"] as const) {
      psc.suffer(fault, endpoint);
      const end = await logIn(visitor, "physician");
      expect([endpoint, ...failed(end)]).toEqual([endpoint, 503, "VIEWER_LOGIN_AWAY"]);
      expect(await isIn(visitor)).toBe(false);
      psc.recover();
    }
    expect(service.problems().map(({ code }) => code)).toEqual([expect.stringMatching(/^IDENTITY_PSC_/)]);
    expect((await logIn(visitor, "physician")).status).toBe(200);
    expect(service.problems()).toEqual([]);
  });

  it("and refuses the box, the site is told, and the visitor that it is not his doing", async () => {
    const { open, browser, psc } = stand();
    const service = await open();
    psc.suffer({ kind: "status", status: 401 }, "token");
    expect(failed(await logIn(browser(service), "physician"))).toEqual([503, "VIEWER_LOGIN_AWAY"]);
    expect(service.problems()).toMatchObject([{ code: "IDENTITY_CLIENT_REFUSED" }]);
  });
});
