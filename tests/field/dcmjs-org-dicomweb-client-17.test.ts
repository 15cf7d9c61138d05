/** dcmjs-org/dicomweb-client#17: the headers of the first part are taken for those of all, which differ in length. */
import { expect, it } from "vitest";
import { readMultipart } from "../../appliance/dicomweb/index.ts";

it("each part has its own headers, and its end is where its boundary is", async () => {
  const heads = [
    "Content-Type: application/dicom\r\nContent-Length: 99\r\nMIME-Version: 1.0",
    "MIME-Version: 1.0\r\nContent-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80",
    "",
  ];
  const parts = heads.map((head, index) => `--b\r\n${head}${head && "\r\n"}\r\nimage ${index}\r\n`);
  async function* body() {
    yield Buffer.from(`${parts.join("")}--b--\r\n`);
  }
  const read: [string, string][] = [];
  for await (const { headers, body: content } of readMultipart("multipart/related; boundary=b", body())) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    read.push([[...headers.keys()].join(), Buffer.concat(pieces).toString()]);
  }
  expect(read).toEqual([
    ["content-type,content-length,mime-version", "image 0"],
    ["mime-version,content-type", "image 1"],
    ["", "image 2"],
  ]);
});
