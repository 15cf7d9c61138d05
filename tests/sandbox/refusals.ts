/** The table of refusals: a right publication, one thing made wrong, the code and the reason that must come back. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Dmp, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { createSandboxPki, type SandboxIdentity, type SandboxPki, SITE } from "../../scripts/sandbox/pki.ts";
import { type PostOptions, post, type Reply } from "./post.ts";
import { buildSubmission, type Hooks } from "./submission.ts";

/** What stands while the tests of a file run. */
export interface Stand {
  readonly pki: SandboxPki;
  readonly dmp: Dmp;
  /** ORG SIGN certificates of the site that must not be believed. */
  readonly expired: SandboxIdentity;
  readonly untrusted: SandboxIdentity;
  publish(hooks: Hooks, options?: Partial<PostOptions>): Promise<Reply>;
}

/** What is made wrong, the only codes that may come back, and what the reason must say. */
export type Row = readonly [
  title: string,
  hooks: Hooks | ((stand: Stand) => Hooks),
  code: string | readonly string[],
  reason: RegExp,
];

/** Starts the stand-in for the file that calls it, empty before each test. */
export function useStand(): () => Stand {
  let stand: Stand;
  beforeAll(async () => {
    const pki = await createSandboxPki();
    const dmp = await startDmp({ port: 0, pki });
    stand = {
      pki,
      dmp,
      expired: await pki.issue({ name: "old-sign", kind: "ORG SIGN", structure: SITE, expired: true }),
      untrusted: await pki.issue({ name: "fake-sign", kind: "ORG SIGN", structure: SITE, untrusted: true }),
      publish: (hooks, options = {}) => {
        const client = (hooks.structure ?? pki.structures[0]).auth;
        return post(`${dmp.url}/repository`, pki, buildSubmission(dmp.url, pki, hooks), { client, ...options });
      },
    };
  });
  afterEach(() => stand.dmp.reset());
  afterAll(() => stand.dmp.stop());
  return () => stand;
}

export function refuses(what: string, stand: () => Stand, rows: readonly Row[]): void {
  describe(`refuses for ${what}`, () => {
    it.each(rows)("%s", async (_title, hooks, code, reason) => {
      const { publish, dmp } = stand();
      const reply = await publish(typeof hooks === "function" ? hooks(stand()) : hooks);
      expect.soft(reply.reasons.join("\n")).toMatch(reason);
      expect.soft(new Set(reply.codes)).toEqual(new Set([code].flat()));
      expect(dmp.documents()).toEqual([]);
    });
  });
}

export function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}
