/** usnistgov/iheos-toolkit2#581: a Provide and Register without MTOM is answered by a stack trace. */
import { expect, it } from "vitest";
import { ACTION, mtomMessage, parseMediaType } from "../../appliance/xds/index.ts";
import { post } from "../sandbox/post.ts";
import { useStand } from "../sandbox/refusals.ts";
import { buildSubmission } from "../sandbox/submission.ts";

const stand = useStand();

it("we send a package, even when there is nothing beside the envelope", () => {
  const { contentType } = mtomMessage("<e/>", ACTION.provideAndRegister, []);
  const { type, parameters } = parseMediaType(contentType);
  expect([type, parameters.get("type")]).toEqual(["multipart/related", "application/xop+xml"]);
});

it("the stand-in refuses plain SOAP in one sentence", async () => {
  const { dmp, pki } = stand();
  const { body } = buildSubmission(dmp.url, pki);
  const envelope = /<soap:Envelope.*<\/soap:Envelope>/s.exec(body.toString("latin1"))?.[0] ?? "";
  const plain = { contentType: "application/soap+xml; charset=UTF-8", body: Buffer.from(envelope, "latin1") };
  const reply = await post(`${dmp.url}/repository`, pki, plain, { client: pki.structures[0].auth });
  expect(reply.outcome).toBeUndefined();
  expect(reply.reasons.join()).toMatch(/multipart\/related/);
  expect(reply.text).not.toMatch(/\n\s+at /);
});
