import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MimeError, readPackage } from "../../scripts/sandbox/dmp/mime.ts";
import { post } from "./post.ts";
import { useStand } from "./refusals.ts";
import { buildDeletion, buildSubmission } from "./submission.ts";

const CONTENT_TYPE =
  'multipart/related; boundary="b"; type="application/xop+xml"; start="<r>"; start-info="application/soap+xml"; action="a"';

describe("whatever comes in", () => {
  const stand = useStand();

  it.each(["publication", "deletion"])("is answered, even when some bytes of a %s are others", async (kind) => {
    const { dmp, pki } = stand();
    const target = "urn:uuid:00000000-0000-4000-8000-000000000000";
    const url = `${dmp.url}/${kind === "publication" ? "repository" : "registry"}`;
    const client = pki.structures[0].auth;
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      length: fc.nat(40),
      put: fc.string({ maxLength: 8, unit: "binary" }),
    });
    await fc.assert(
      fc.asyncProperty(edit, async ({ at, length, put }) => {
        const right = kind === "publication" ? buildSubmission(dmp.url, pki) : buildDeletion(dmp.url, pki, target);
        const start = Math.floor(at * right.body.length);
        const end = Math.min(start + length, right.body.length);
        const body = Buffer.concat([right.body.subarray(0, start), Buffer.from(put), right.body.subarray(end)]);
        const reply = await post(url, pki, { ...right, body }, { client });
        // A change that means nothing (a display name, a letter's case in a host) may be taken; no change may break.
        expect([200, 400, 500]).toContain(reply.status);
        expect(reply.outcome === "Success" || reply.codes.length > 0).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("is taken apart as MIME, or refused as such", () => {
    const piece = fc.constantFrom(
      "--b",
      "\r\n",
      "\n",
      "--",
      "Content-ID: <r>",
      "Content-Type: application/xop+xml",
      "Content-Transfer-Encoding: binary",
      ": ",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          readPackage(CONTENT_TYPE, Buffer.from(pieces.join("")));
        } catch (error) {
          expect(error).toBeInstanceOf(MimeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
