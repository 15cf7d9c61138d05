import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { answerTo, type IdentityCode, identityErrors } from "../../appliance/identity/index.ts";
import { type Fault, OTHER_CLIENT, SECRET_CLIENT } from "../../scripts/sandbox/psc/index.ts";
import { useStand } from "./stand.ts";

const stand = useStand();
const unavailable = expect.objectContaining({ code: "IDENTITY_PSC_UNAVAILABLE" });
const inactive = expect.objectContaining({ code: "IDENTITY_TOKEN_INACTIVE" });

/** What may come instead of an answer, and the code that says so. */
const faults: readonly [string, Fault, IdentityCode][] = [
  ["away", { kind: "down" }, "IDENTITY_PSC_UNAVAILABLE"],
  ["silent", { kind: "silent" }, "IDENTITY_PSC_UNAVAILABLE"],
  ["slower than we wait", { kind: "slow", ms: 3000 }, "IDENTITY_PSC_UNAVAILABLE"],
  ["cut off in the middle", { kind: "truncated" }, "IDENTITY_PSC_UNAVAILABLE"],
  ["out of order", { kind: "status", status: 500 }, "IDENTITY_PSC_UNAVAILABLE"],
  ["behind a broken proxy", { kind: "status", status: 502 }, "IDENTITY_PSC_UNAVAILABLE"],
  ["overloaded", { kind: "status", status: 429, headers: { "retry-after": "7" } }, "IDENTITY_PSC_UNAVAILABLE"],
  ["elsewhere", { kind: "status", status: 307, headers: { location: "/elsewhere" } }, "IDENTITY_PSC_ANSWER"],
  ["not modified", { kind: "status", status: 304 }, "IDENTITY_PSC_ANSWER"],
  ["without content", { kind: "status", status: 204 }, "IDENTITY_PSC_ANSWER"],
  ["moved away", { kind: "status", status: 404 }, "IDENTITY_PSC_ANSWER"],
  ["endless", { kind: "endless" }, "IDENTITY_PSC_ANSWER"],
  ["a page of HTML", { kind: "body", body: "<html>yes</html>" }, "IDENTITY_PSC_ANSWER"],
  ["empty", { kind: "body", body: "" }, "IDENTITY_PSC_ANSWER"],
  ["a yes and no more", { kind: "body", body: "true" }, "IDENTITY_PSC_ANSWER"],
  ["a list", { kind: "body", body: '[{"active":true}]' }, "IDENTITY_PSC_ANSWER"],
  ["very deep", { kind: "body", body: "[".repeat(60_000) }, "IDENTITY_PSC_ANSWER"],
  [
    "a signed answer nobody asked for",
    { kind: "body", body: "a.b.c", headers: { "content-type": "application/token-introspection+jwt" } },
    "IDENTITY_PSC_ANSWER",
  ],
  [
    "compressed",
    { kind: "body", body: '{"active":true}', headers: { "content-encoding": "gzip" } },
    "IDENTITY_PSC_ANSWER",
  ],
];

describe.each(faults)("when Pro Santé Connect is %s", (_, fault, code) => {
  it.each(["introspection", "userinfo"] as const)(
    "at %s, nobody gets a yes, and everybody does afterwards",
    async (at) => {
      const { gate, psc } = stand();
      const { check } = gate(fault.kind === "silent" || fault.kind === "slow" ? { timeout: 1000 } : {});
      const token = await psc.issue("physician");
      psc.suffer(fault, at);
      await expect(check(token)).rejects.toMatchObject({ code });
      psc.recover();
      expect(await check(token)).toBeDefined();
    },
  );
});

describe("an outage", () => {
  it("makes nobody wait after three failures, and ends by itself", async () => {
    const { gate, psc, clock } = stand();
    const made = gate();
    const token = await psc.issue("physician");
    psc.suffer({ kind: "down" });
    for (let time = 0; time < 3; time++) await expect(made.check(token)).rejects.toEqual(unavailable);
    const asked = psc.asked.introspection;
    await expect(made.check(token)).rejects.toMatchObject({ details: { reason: "paused", retryAfter: 1 } });
    expect(psc.asked.introspection).toBe(asked);
    expect(made.asksAgainIn).toBeGreaterThan(0);

    psc.recover();
    clock.ticks += 1000;
    expect(await made.check(token)).toBeDefined();
    expect(made.asksAgainIn).toBe(0);
  });

  it("is probed by one question after each pause, and the pauses grow to half a minute", async () => {
    const { gate, psc, clock } = stand();
    const made = gate();
    psc.suffer({ kind: "status", status: 503 });
    for (let time = 0; time < 3; time++) await made.check(await psc.issue("physician")).catch(() => {});
    const pauses: number[] = [];
    for (let time = 0; time < 7; time++) {
      pauses.push(Math.round(made.asksAgainIn / 1000));
      clock.ticks += made.asksAgainIn;
      const before = psc.asked.introspection;
      const tokens = await Promise.all(Array.from({ length: 20 }, () => psc.issue("physician")));
      const checks = await Promise.allSettled(tokens.map((token) => made.check(token)));
      expect(checks.every(({ status }) => status === "rejected")).toBe(true);
      expect(psc.asked.introspection - before).toBe(1);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it("lets who was known a moment ago in until that is forgotten, and not a moment longer", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate({ cacheSeconds: 30 });
    const token = await psc.issue("physician");
    await check(token);
    psc.suffer({ kind: "down" });
    clock.ticks += 29_000;
    expect(await check(token)).toBeDefined();
    clock.ticks += 1_000;
    await expect(check(token)).rejects.toEqual(unavailable);
  });

  it("keeps a bounded number of askers waiting", async () => {
    const { gate, psc } = stand();
    const made = gate();
    psc.suffer({ kind: "silent" });
    const waiting = Array.from({ length: 256 }, (_, index) => made.check(`token-${index}`).catch(({ code }) => code));
    await expect(made.check("one-too-many")).rejects.toMatchObject({ details: { reason: "queue" } });
    await made.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["IDENTITY_PSC_UNAVAILABLE"]));
  });

  it("cannot be made by bad tokens", async () => {
    const { gate, psc } = stand();
    const { check } = gate();
    // Structured tokens: the stand-in answers 400 to them.
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    for (let sub = 0; sub < 10; sub++)
      await expect(check(`${encode({ alg: "none" })}.${encode({ sub })}.`)).rejects.toEqual(inactive);
    expect(await check(await psc.issue("physician"))).toBeDefined();
  });
});

describe("the listener's answer", () => {
  it("is one of 401, 403 and 503 for every code that a token may meet", () => {
    const codes = Object.keys(identityErrors.definitions).filter((code) => !code.startsWith("IDENTITY_LOGIN_"));
    const answers = codes.map((code) => {
      const { status, headers } = answerTo(identityErrors.fault(code as IdentityCode));
      return [code, status, Object.values(headers).join()];
    });
    const invalid = 'Bearer realm="DRIM-M", error="invalid_token"';
    expect(answers).toEqual([
      ["IDENTITY_TOKEN_MISSING", 401, 'Bearer realm="DRIM-M"'],
      ["IDENTITY_TOKEN_MALFORMED", 401, invalid],
      ["IDENTITY_TOKEN_INACTIVE", 401, invalid],
      ["IDENTITY_TOKEN_EXPIRED", 401, invalid],
      ["IDENTITY_TOKEN_KIND", 401, invalid],
      ["IDENTITY_TOKEN_FOREIGN", 401, invalid],
      ["IDENTITY_TOKEN_BOUND", 401, invalid],
      ["IDENTITY_PROFESSION_UNKNOWN", 403, ""],
      ["IDENTITY_PROFESSION_REFUSED", 403, ""],
      ["IDENTITY_PSC_UNAVAILABLE", 503, "5"],
      ["IDENTITY_PSC_ANSWER", 503, "5"],
      ["IDENTITY_CLIENT_REFUSED", 503, "5"],
      ["IDENTITY_INTERRUPTED", 503, "5"],
      ["IDENTITY_CONFIGURATION", 503, "5"],
    ]);
  });

  it("hands on how long Pro Santé Connect wants to be left alone", async () => {
    const { gate, psc } = stand();
    psc.suffer({ kind: "status", status: 429, headers: { "retry-after": "7" } });
    const error = await gate()
      .check(await psc.issue("physician"))
      .catch((thrown) => thrown);
    expect(answerTo(error).headers).toEqual({ "retry-after": "7" });
  });
});

describe("no error", () => {
  it("holds the token, the secret or the professional, however deep one looks", async () => {
    const { gate, psc } = stand();
    const errors: unknown[] = [];
    const tokens: string[] = [];
    const echo = (token: string): Fault => ({ kind: "body", body: `{"error":"${token}","active":"${token}"}` });
    const prompt = faults.map(([, fault]) => fault).filter(({ kind }) => kind !== "silent" && kind !== "slow");
    for (const fault of [undefined, ...prompt, echo]) {
      for (const options of [{}, { client: SECRET_CLIENT }, { client: OTHER_CLIENT }]) {
        const { check } = gate(options);
        const token = await psc.issue("nurse");
        tokens.push(token);
        if (fault !== undefined) psc.suffer(typeof fault === "function" ? fault(token) : fault);
        errors.push(await check(token).catch((error) => error), await check(`${token} `).catch((error) => error));
        psc.recover();
      }
    }
    expect(errors.every((error) => error instanceof Error)).toBe(true);
    const seen = errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join("\n");
    for (const secret of [...tokens, SECRET_CLIENT.secret, "899900012303", "GAZE"]) expect(seen).not.toContain(secret);
  });
});

it("an asker who leaves is not waited for, and leaves the answer to those who stay", async () => {
  const { gate, psc } = stand();
  const { check } = gate();
  const token = await psc.issue("physician");
  psc.suffer({ kind: "slow", ms: 100 });
  const leaving = new AbortController();
  const left = check(token, { signal: leaving.signal });
  const stays = check(token, { signal: new AbortController().signal });
  await sleep(10);
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: "IDENTITY_INTERRUPTED" });
  expect(await stays).toBeDefined();
  psc.recover();
  const fresh = await psc.issue("physician");
  const asked = psc.asked.introspection;
  await expect(check(fresh, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "IDENTITY_INTERRUPTED" });
  expect(psc.asked.introspection).toBe(asked);
});
