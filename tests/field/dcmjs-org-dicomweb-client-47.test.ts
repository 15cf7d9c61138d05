/** dcmjs-org/dicomweb-client#47: bulk data that comes alone, not in parts, is not understood. */
import { expect, it } from "vitest";
import { negotiate, readMultipart } from "../../appliance/dicomweb/index.ts";

it("a value may be asked for alone", () => {
  const alone = negotiate({ what: "bulkdata", sopInstanceUID: "1.2" }, ["application/octet-stream"], {
    lenient: false,
  });
  expect(alone).toEqual({ form: "bulk-single" });
});

it("a body that is not in parts is one part", async () => {
  async function* body() {
    yield Buffer.from("\r\n--b");
    yield Buffer.from("--");
  }
  const parts: string[] = [];
  for await (const { headers, body: content } of readMultipart("application/octet-stream", body())) {
    let text = headers.get("content-type") ?? "";
    for await (const piece of content) text += ` ${piece}`;
    parts.push(text);
  }
  expect(parts).toEqual(["application/octet-stream \r\n--b --"]);
});
