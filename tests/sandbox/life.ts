/** A stand with one published manifest, to be replaced or deleted; and the table of what may not happen to it. */
import { beforeEach, describe, expect, it } from "vitest";
import type { RegisteredDocument } from "../../scripts/sandbox/dmp/index.ts";
import { post, type Reply } from "./post.ts";
import { type Stand, useStand } from "./refusals.ts";
import { buildDeletion, type Hooks, type Ids, newIds } from "./submission.ts";

export interface Life extends Stand {
  /** Of the published submission. */
  readonly ids: Ids;
  readonly manifest: RegisteredDocument;
  readonly signature: RegisteredDocument;
  /** Deletes the manifest, or `target`. */
  remove(hooks?: Hooks, target?: string): Promise<Reply>;
}

/** What is made wrong, done to the manifest; the only codes that may come back, and what the reason must say. */
export type LifeRow = readonly [
  title: string,
  hooks: Hooks | ((life: Life) => Hooks | Promise<Hooks>),
  code: string | readonly string[],
  reason: RegExp,
];

/** Publishes a manifest before each test of the file that calls it. */
export function useManifest(): () => Life {
  const stand = useStand();
  let life: Life;
  beforeEach(async () => {
    const { dmp, pki, publish } = stand();
    const ids = newIds();
    await publish({ ids });
    const [manifest, signature] = dmp.documents() as [RegisteredDocument, RegisteredDocument];
    const remove: Life["remove"] = (hooks = {}, target = manifest.entryUUID) => {
      const client = (hooks.structure ?? pki.structures[0]).auth;
      return post(`${dmp.url}/registry`, pki, buildDeletion(dmp.url, pki, target, hooks), { client });
    };
    life = { ...stand(), ids, manifest, signature, remove };
  });
  return () => life;
}

/** Each row is refused, and leaves the record as its preparation left it. */
export function leavesAsItIs(
  what: string,
  life: () => Life,
  attempt: (life: Life, hooks: Hooks) => Promise<Reply>,
  rows: readonly LifeRow[],
): void {
  describe(`refuses ${what}`, () => {
    it.each(rows)("%s", async (_title, given, code, reason) => {
      const one = life();
      const hooks = typeof given === "function" ? await given(one) : given;
      const before = one.dmp.documents();
      const reply = await attempt(one, hooks);
      expect.soft(reply.reasons.join("\n")).toMatch(reason);
      expect.soft(new Set(reply.codes)).toEqual(new Set([code].flat()));
      expect(one.dmp.documents()).toEqual(before);
    });
  });
}
