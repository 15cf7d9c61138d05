/** What the listener remembers of its visitors: sessions, logins under way, how often an address asks; and what they keep. */
import { describe, expect, it } from "vitest";
import type { LoggedIn } from "../../appliance/identity/index.ts";
import { COOKIES, secretOf, setCookie } from "../../appliance/viewer/cookies.ts";
import { languageOf } from "../../appliance/viewer/language.ts";
import { parseLink } from "../../appliance/viewer/link.ts";
import { Rate } from "../../appliance/viewer/rate.ts";
import { newSecret, Sessions } from "../../appliance/viewer/sessions.ts";
import { QUERY } from "./stand.ts";

const rose: LoggedIn = { subjectNameID: "8999000112301", exercises: [], authenticatedAt: Date.now(), idToken: "x" };
const link = parseLink(QUERY);
const HOUR = 3_600_000;

describe("a session", () => {
  /** Both clocks, or one that runs while the other stands still. */
  describe.each([["ticks", "time"], ["ticks"], ["time"]])("by %s %s", (...running) => {
    function clock() {
      let now = 0;
      const reading = (name: "ticks" | "time") => () => (running.includes(name) ? now : 0);
      return {
        clocks: { ticks: reading("ticks"), time: reading("time") },
        at: (next: number) => {
          now = next;
        },
      };
    }
    const lucie = { ...rose, authenticatedAt: 0 };

    it("lives while it is used, half an hour without use, four hours in all", () => {
      const { clocks, at } = clock();
      const sessions = new Sessions(HOUR / 2, clocks);
      const [idle, used] = [sessions.open(lucie), sessions.open(lucie)];
      for (let now = 0; now < 4 * HOUR; now += HOUR / 3) {
        at(now);
        expect(sessions.find(used)).toBe(lucie);
      }
      expect(sessions.find(idle)).toBeUndefined();
      at(4 * HOUR);
      expect(sessions.find(used)).toBeUndefined();
    });
  });

  it("ends four hours after the professional proved who he is, however late the login here", () => {
    let now = 3 * HOUR;
    const sessions = new Sessions(2 * HOUR, { ticks: () => now, time: () => now });
    const secret = sessions.open({ ...rose, authenticatedAt: 0 });
    now = 4 * HOUR - 1;
    expect(sessions.find(secret)).toBeDefined();
    now = 4 * HOUR;
    expect(sessions.find(secret)).toBeUndefined();
    // By a clock of Pro Santé Connect that is ahead of ours, no longer.
    const ahead = sessions.open({ ...rose, authenticatedAt: now + HOUR });
    for (const later of [5, 6, 7]) {
      now = later * HOUR;
      expect(sessions.find(ahead)).toBeDefined();
    }
    now = 8 * HOUR;
    expect(sessions.find(ahead)).toBeUndefined();
  });

  it("is known by its whole secret only, which is new each time, and ends once", () => {
    const sessions = new Sessions(HOUR);
    const secrets = Array.from({ length: 100 }, () => sessions.open(rose));
    expect(new Set(secrets).size).toBe(100);
    const [secret = ""] = secrets;
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(sessions.find(secret.slice(0, -1))).toBeUndefined();
    expect(sessions.find("")).toBeUndefined();
    expect(sessions.end(secret)).toBe(rose);
    expect(sessions.end(secret)).toBeUndefined();
    expect(sessions.find(secret)).toBeUndefined();
  });

  it("is one of a thousand at most: the one that was not used for longest makes room", () => {
    const sessions = new Sessions(HOUR);
    const [first = "", second = ""] = Array.from({ length: 1000 }, () => sessions.open(rose));
    expect(sessions.find(first)).toBe(rose);
    sessions.open(rose);
    expect(sessions.find(second)).toBeUndefined();
    expect(sessions.find(first)).toBe(rose);
  });
});

describe("a login under way", () => {
  const attempt = { state: "s", nonce: "n", verifier: "v" };

  it("is for the browser that began it, once, for ten minutes; another browser does not use it up", () => {
    let now = 0;
    const sessions = new Sessions(HOUR, { ticks: () => now, time: () => now });
    const browser = newSecret();
    sessions.begin(attempt, browser, link, "192.0.2.1");
    expect(sessions.comeBack("s", newSecret())).toBeUndefined();
    expect(sessions.comeBack("s", "")).toBeUndefined();
    expect(sessions.comeBack("t", browser)).toBeUndefined();
    expect(sessions.comeBack("s", browser)).toMatchObject({ attempt, link });
    expect(sessions.comeBack("s", browser)).toBeUndefined();
    sessions.begin(attempt, browser, link, "192.0.2.1");
    now = 600_000;
    expect(sessions.comeBack("s", browser)).toBeUndefined();
  });

  it("gives way to the twentieth after it of the same subscriber, and to none of another's", () => {
    const sessions = new Sessions(HOUR);
    sessions.begin(attempt, "b", link, "2001:db8:2::1");
    for (let number = 0; number <= 20; number++)
      sessions.begin({ ...attempt, state: `${number}` }, "b", link, `2001:db8:1:${number}::1`);
    expect(sessions.comeBack("0", "b")).toBeUndefined();
    expect(sessions.comeBack("1", "b")).toBeDefined();
    expect(sessions.comeBack("s", "b")).toBeDefined();
  });

  it("is one of ten thousand at most", () => {
    const sessions = new Sessions(HOUR);
    for (let number = 0; number <= 10_000; number++)
      sessions.begin({ ...attempt, state: `${number}` }, "b", link, `192.0.2.${number}`);
    expect(sessions.comeBack("0", "b")).toBeUndefined();
    expect(sessions.comeBack("1", "b")).toBeDefined();
  });
});

describe("an address", () => {
  it("asks so often a minute, and is told how long to wait", () => {
    const rate = new Rate(3);
    expect([1, 2, 3].map(() => rate.count("192.0.2.1"))).toEqual([0, 0, 0]);
    expect(rate.count("192.0.2.1")).toBe(20);
    expect(rate.count("192.0.2.2")).toBe(0);
    expect(rate.count("::ffff:192.0.2.1")).toBeGreaterThan(0);
  });

  it("may be asked how long it has to wait, which counts nothing", () => {
    const rate = new Rate(1);
    expect([rate.wait("192.0.2.1"), rate.count("192.0.2.1"), rate.wait("192.0.2.1")]).toEqual([0, 0, 60]);
  });

  it("of IPv6 is one of a subscriber's many", () => {
    const rate = new Rate(1);
    rate.count("2001:db8:1:2::1");
    expect(rate.count("2001:db8:1:ff::2")).toBeGreaterThan(0);
    expect(rate.count("2001:db8:1:100::1")).toBe(0);
  });

  it("is forgotten when ten thousand others come", () => {
    const rate = new Rate(1);
    rate.count("first");
    for (let number = 0; number < 10_000; number++) rate.count(`other ${number}`);
    expect(rate.count("first")).toBe(0);
  });
});

describe("a cookie", () => {
  const secret = newSecret();

  it("is set for this host alone, over TLS, out of reach of scripts, and not sent with what others post", () => {
    expect(setCookie(COOKIES.session, secret)).toBe(`__Host-session=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax`);
    expect(setCookie(COOKIES.session, "", 0)).toContain("; Max-Age=0");
  });

  it.each<[string, string | undefined, string]>([
    ["alone", `__Host-session=${secret}`, secret],
    ["among others", `a=b; __Host-session=${secret};c`, secret],
    ["of another name", `session=${secret}`, ""],
    ["of a longer name", `x__Host-session=${secret}`, ""],
    ["twice", `__Host-session=${secret}; __Host-session=${newSecret()}`, ""],
    ["too short", `__Host-session=${secret.slice(1)}`, ""],
    ["too long", `__Host-session=${secret}A`, ""],
    ["with other signs", `__Host-session=${"<".repeat(43)}`, ""],
    ["absent", undefined, ""],
  ])("is read when it comes %s", (_, header, read) => {
    expect(secretOf(header, COOKIES.session)).toBe(read);
  });
});

describe("the language of a page", () => {
  it.each([
    [undefined, "fr"],
    ["", "fr"],
    ["fr-FR,fr;q=0.9,en;q=0.8", "fr"],
    ["en-GB,en;q=0.9,fr;q=0.8", "en"],
    ["en", "en"],
    ["de, en;q=0.5", "en"],
    ["de", "fr"],
    ["fr, en", "fr"],
    ["en;q=0.0", "fr"],
    ["en;q=nan, <script>", "fr"],
    [`${"x,".repeat(5000)}en`, "fr"],
  ])("by %j is %s", (header, language) => {
    expect(languageOf(header)).toBe(language);
  });
});
