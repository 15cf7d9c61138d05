import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dmp, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { post } from "./post.ts";
import { buildSubmission } from "./submission.ts";

let pki: SandboxPki;
let dmp: Dmp;

beforeAll(async () => {
  pki = await createSandboxPki();
  dmp = await startDmp({ port: 0, pki });
});
afterAll(() => dmp.stop());

describe("a right publication", () => {
  it("is registered", async () => {
    const reply = await post(`${dmp.url}/repository`, pki, buildSubmission(dmp.url, pki), {
      client: pki.structures[0].auth,
    });
    expect(reply.reasons).toEqual([]);
    expect(reply).toMatchObject({ status: 200, outcome: "Success", codes: [] });
    expect(dmp.documents().map(({ kind }) => kind)).toEqual(["manifest", "signature"]);
  });
});
