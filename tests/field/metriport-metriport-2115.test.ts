/** metriport/metriport#2115: a responder answers an MTOM request without MTOM, and the answer is lost. */
import { expect, it } from "vitest";
import { readAnswer } from "../../appliance/xds/index.ts";
import { answer, registryResponse } from "../../scripts/sandbox/dmp/answers.ts";
import { manifestsOf, openPractice } from "../faults/practice.ts";

const style = { package: false, renamedPrefixes: false };
const { body } = answer(registryResponse([], [], style), "urn:x", undefined, style);
const packaged = (transferEncoding: string, content: string) =>
  `--b\r\nContent-Type: application/xop+xml\r\nContent-Transfer-Encoding: ${transferEncoding}\r\n\r\n${content}\r\n--b--`;

it.each([
  ["text/xml", body],
  ["text/xml;charset=utf-8", body],
  ["application/soap+xml", body],
  ['application/soap+xml; charset="UTF-8"; action="urn:x"', body],
  ["multipart/related; boundary=b", packaged("binary", body)],
  ["multipart/related; boundary=b", packaged("base64", Buffer.from(body).toString("base64"))],
])("as %s it is read", (contentType, bytes) => {
  expect(readAnswer(contentType, Buffer.from(bytes))).toMatchObject({ status: "Success" });
});

it("a publication that is answered so is done", async () => {
  await using practice = await openPractice();
  const one = practice.newCase();
  practice.site.dmp.faults.next({ kind: "nonMtomAnswer" });
  await practice.submit(one);
  const { timeline } = await practice.reaches(one, "published");
  expect(timeline.flatMap(({ code }) => code ?? [])).toEqual([]);
  expect(practice.site.dmp.counts().repository).toBe(1);
  expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
});
