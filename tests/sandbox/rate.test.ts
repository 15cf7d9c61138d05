import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startControl, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { Rate } from "../../scripts/sandbox/dmp/rate.ts";
import { useManifest } from "./life.ts";
import { post } from "./post.ts";
import { buildSubmission } from "./submission.ts";

describe("the rate", () => {
  it("admits so many in any second, and counts the busiest one", () => {
    const rate = new Rate(2);
    const admitted = [0, 10, 999, 1005, 1600, 2100].map((now) => rate.take(now, "repository") === undefined);
    // 999 is the third of its second, so is 1005 (10, 999); 1600 comes while two insist; at 2100 they are forgotten.
    expect(admitted).toEqual([true, true, false, false, false, true]);
    expect([rate.busiestSecond, rate.turnedAway]).toEqual([3, 3]);
  });

  it("never admits more than its limit, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 60 }), fc.integer({ min: 0, max: 5 }), (pauses, maxPerSecond) => {
        const rate = new Rate(maxPerSecond);
        let now = 0;
        const admitted = pauses
          .map((pause) => {
            now += pause;
            return rate.take(now, "registry") === undefined ? now : -1;
          })
          .filter((time) => time >= 0);
        for (const start of admitted) {
          const within = admitted.filter((time) => time >= start && time < start + 1000);
          expect(within.length).toBeLessThanOrEqual(maxPerSecond);
        }
      }),
      { numRuns: 300 },
    );
  });

  const life = useManifest();

  it("is a policy: 503 and when to come back, nothing registered", async () => {
    const { pki } = life();
    const dmp = await startDmp({ port: 0, pki, policy: { maxPerSecond: 0 } });
    const client = pki.structures[0].auth;
    const publish = () => post(`${dmp.url}/repository`, pki, buildSubmission(dmp.url, pki), { client });
    expect(await publish()).toMatchObject({ status: 503, retryAfter: "1" });
    expect(dmp.documents()).toEqual([]);
    dmp.rate.limit = undefined;
    expect(await publish()).toMatchObject({ outcome: "Success" });
    expect(dmp.rate).toMatchObject({ turnedAway: 1, busiestSecond: expect.any(Number) });
    dmp.reset();
    expect(await publish()).toMatchObject({ status: 503 });
    await dmp.stop();
  });

  it("may say it by a registry error, each service by its own", async () => {
    const { dmp, publish, remove } = life();
    dmp.rate.limit = { maxPerSecond: 0, answer: "registryError" };
    expect((await publish({})).codes).toEqual(["XDSRepositoryBusy"]);
    expect((await remove()).codes).toEqual(["XDSRegistryBusy"]);
  });

  it("keeps the planned faults for the requests it admits", async () => {
    const { dmp, publish } = life();
    dmp.faults.next({ kind: "http503", retryAfterSeconds: 7 });
    dmp.rate.limit = { maxPerSecond: 0, answer: "http503" };
    expect(await publish({})).toMatchObject({ retryAfter: "1" });
    dmp.rate.limit = undefined;
    expect(await publish({})).toMatchObject({ retryAfter: "7" });
  });
});

describe("the control port", () => {
  const life = useManifest();

  it("tells the life of a study, moves the rate and closes the record", async () => {
    const { dmp, ids, manifest, publish, remove } = life();
    const control = await startControl(dmp, 0);
    const call = async (method: string, path: string, body?: unknown) => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const text = await (await fetch(`${control.url}${path}`, init)).text();
      return text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text;
    };
    const [approved, ...others] = await call("GET", `/manifests?study=${ids.study}`);
    expect(approved).toMatchObject({ entryUUID: manifest.entryUUID, uniqueId: ids.sop });
    expect(approved).not.toHaveProperty("content");
    expect(others).toEqual([]);
    await remove();
    expect(await call("GET", `/manifests?study=${ids.study}`)).toEqual([]);
    expect(await call("GET", `/history?study=${ids.study}`)).toMatchObject([
      { action: "provide" },
      { action: "delete" },
    ]);
    expect(await call("GET", "/doubles")).toEqual([]);

    await call("POST", "/rate", { maxPerSecond: 0 });
    expect((await publish({})).status).toBe(503);
    expect(await call("GET", "/rate")).toMatchObject({ limit: { maxPerSecond: 0, answer: "http503" }, turnedAway: 1 });
    expect(await call("POST", "/rate", { maxPerSecond: -1 })).toMatch(/whole number/);
    expect(await call("POST", "/rate", { maxPerSecond: 1, answer: "sulk" })).toMatch(/http503 or registryError/);
    expect(await call("DELETE", "/rate")).not.toHaveProperty("limit");

    await call("POST", "/faults", { kind: "closed", times: "always" });
    expect(await publish({})).toMatchObject({ status: 503, retryAfter: undefined });
    expect((await remove()).status).toBe(503);
    await call("DELETE", "/faults");
    expect((await publish({})).outcome).toBe("Success");
    await control.stop();
  });
});
