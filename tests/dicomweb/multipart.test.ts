/** Bodies of parts: what is written can be read, and what others write too, however it is cut on its way. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMultipart, readMultipart } from "../../appliance/dicomweb/index.ts";
import { readParts } from "../support/multipart.ts";

const B = "b1";
const TYPE = `multipart/related; type="application/dicom"; boundary=${B}`;

/** The body in pieces of that many bytes. */
async function* inPieces(body: Buffer | string, size = Number.MAX_SAFE_INTEGER): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body as string, "latin1");
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(body: Buffer | string, { type = TYPE, size }: { type?: string; size?: number } = {}) {
  const parts: { headers: Record<string, string>; body: string }[] = [];
  for await (const part of readMultipart(type, inPieces(body, size))) {
    const pieces: Uint8Array[] = [];
    for await (const piece of part.body) pieces.push(piece);
    parts.push({ headers: Object.fromEntries(part.headers), body: Buffer.concat(pieces).toString("latin1") });
  }
  return parts;
}

const bodies = async (...how: Parameters<typeof read>) => (await read(...how)).map(({ body }) => body);

describe("the writer", () => {
  it("writes what a strict reader reads, and says what it is", () => {
    const { contentType, part, end } = createMultipart({
      type: "application/dicom",
      transferSyntax: "1.2.840.10008.1.2.1",
    });
    expect(contentType).toMatch(
      /^multipart\/related; type="application\/dicom"; transfer-syntax=1\.2\.840\.10008\.1\.2\.1; boundary=[0-9a-f]{32}$/,
    );
    const body = Buffer.concat([
      part("application/dicom"),
      Buffer.from("one"),
      part("a/b", "/x"),
      Buffer.from("two"),
      end,
    ]);
    const { parts, whole } = readParts(contentType, body);
    expect(whole).toBe(true);
    expect(parts.map(({ body }) => body.toString())).toEqual(["one", "two"]);
    expect(parts.map(({ headers }) => Object.fromEntries(headers))).toEqual([
      { "content-type": "application/dicom" },
      { "content-type": "a/b", "content-location": "/x" },
    ]);
  });

  it("never has the same boundary twice", () => {
    const types = Array.from({ length: 100 }, () => createMultipart({ type: "a/b" }).contentType);
    expect(new Set(types).size).toBe(100);
  });

  it("is what the reader reads, whatever the parts hold and however they are cut", async () => {
    const { contentType, part, end } = createMultipart({ type: "application/dicom" });
    const hostile = fc.constantFrom("\r\n", "--", "\r", "\n", `\r\n--${contentType.slice(-32, -1)}`, "\r\n-", "\0");
    const content = fc
      .array(fc.oneof(hostile, fc.string({ unit: "binary-ascii", maxLength: 20 })))
      .map((all) => all.join(""));
    const property = fc.asyncProperty(
      fc.array(content, { maxLength: 4 }),
      fc.integer({ min: 1, max: 80 }),
      async (contents, size) => {
        // Each writer begins once: the first part has no line end before it, which a reader takes either way.
        const written = contents.flatMap((one) => [part("a/b"), Buffer.from(one, "latin1")]);
        expect(await bodies(Buffer.concat([...written, end]), { type: contentType, size })).toEqual(contents);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});

describe("the reader", () => {
  const TWO = `--${B}\r\nContent-Type: a/b\r\n\r\none\r\n--${B}\r\nX: y\r\n\r\ntwo\r\n--${B}--\r\n`;

  it.each<[why: string, body: string, expected: string[]]>([
    ["two parts", TWO, ["one", "two"]],
    ["a line end before the first boundary", `\r\n${TWO}`, ["one", "two"]],
    ["a preamble", `This is a message in MIME format.\r\n${TWO}`, ["one", "two"]],
    ["an epilogue", `${TWO}and more\r\n--${B}\r\n`, ["one", "two"]],
    ["nothing behind the last boundary", TWO.slice(0, -2), ["one", "two"]],
    ["blanks behind boundaries", TWO.replaceAll(`${B}\r\n`, `${B} \t\r\n`), ["one", "two"]],
    ["no part", `--${B}--\r\n`, []],
    ["an empty part", `--${B}\r\nX: y\r\n\r\n\r\n--${B}--\r\n`, [""]],
    ["a part of headers only", `--${B}\r\nX: y\r\n\r\n--${B}\r\nX: y\r\n\r\nz\r\n--${B}--`, ["", "z"]],
    ["a part without headers", `--${B}\r\n\r\none\r\n--${B}--`, ["one"]],
    ["line ends at the edges of a part", `--${B}\r\n\r\n\r\none\r\n\r\n--${B}--`, ["\r\none\r\n"]],
    [
      "a boundary that goes on is none",
      `--${B}\r\n\r\n\r\n--${B}2\r\n--${B}x--\r\n--${B}--`,
      [`\r\n--${B}2\r\n--${B}x--`],
    ],
    ["a boundary without the line before it is none", `--${B}\r\n\r\nx--${B}\r\ny\r\n--${B}--`, [`x--${B}\r\ny`]],
    [
      "half a boundary again and again",
      `--${B}\r\n\r\n\r\r\n\r\n-\r\n--\r\n--b\r\n--${B}--`,
      ["\r\r\n\r\n-\r\n--\r\n--b"],
    ],
  ])("takes %s, in pieces of any size", async (_, body, expected) => {
    for (let size = 1; size <= body.length; size++) expect(await bodies(body, { size })).toEqual(expected);
  });

  it("has the headers of each part, folded or with blanks, by their names in lower case", async () => {
    const head =
      "MIME-Version: 1.0\r\nContent-TYPE:application/dicom;\r\n\ttransfer-syntax=1.2  \r\nEmpty:\r\nempty: no";
    expect(await read(`--${B}\r\n${head}\r\n\r\none\r\n--${B}\r\nContent-Length: 3\r\n\r\ntwo\r\n--${B}--`)).toEqual([
      {
        headers: { "mime-version": "1.0", "content-type": "application/dicom;\ttransfer-syntax=1.2", empty: "" },
        body: "one",
      },
      { headers: { "content-length": "3" }, body: "two" },
    ]);
  });

  it.each<[why: string, type: string, boundary: string]>([
    ["quoted", 'multipart/related; boundary="b1"', "b1"],
    ["quoted, with dashes", 'Multipart/Related;boundary="----=_Part_8"; start="<1@x>"', "----=_Part_8"],
    ["with a quoted pair", 'multipart/related; boundary="b\\1"', "b1"],
    ["of every character that may be", `multipart/related; boundary="0aZ'()+_,-./:=? x"`, "0aZ'()+_,-./:=? x"],
    ["not quoted though it should be", "multipart/related; boundary=a/b=c; type=application/dicom", "a/b=c"],
    ["of two UUIDs, as Orthanc's", `multipart/related; boundary=${"u".repeat(73)}`, "u".repeat(73)],
    ["of another multipart", "multipart/mixed; boundary=b1", "b1"],
  ])("takes a boundary %s", async (_, type, boundary) => {
    expect(await bodies(TWO.replaceAll(B, boundary), { type })).toEqual(["one", "two"]);
  });

  it("takes a body that is not multipart as one part", async () => {
    const type = "application/dicom; transfer-syntax=1.2";
    expect(await read("DICM", { type })).toEqual([{ headers: { "content-type": type }, body: "DICM" }]);
  });

  it.each(["", "multipart", "multipart/related", 'multipart/related; boundary=""', 'multipart/related; boundary="a "'])(
    "refuses the type %s",
    async (type) => {
      await expect(read(TWO, { type })).rejects.toMatchObject({ code: "DICOMWEB_MULTIPART_INVALID" });
    },
  );

  it.each<[why: string, body: string]>([
    ["a header without a colon", `--${B}\r\nnothing\r\n\r\n\r\n--${B}--`],
    ["a header without a name", `--${B}\r\n: x\r\n\r\n\r\n--${B}--`],
    ["a name with a blank", `--${B}\r\na b: x\r\n\r\n\r\n--${B}--`],
    ["a first line that continues nothing", `--${B}\r\n a: x\r\n\r\n\r\n--${B}--`],
    ["something behind a boundary", `--${B} x\r\n\r\n\r\n--${B}--`],
    ["headers without end", `--${B}\r\n${"a: b\r\n".repeat(10_000)}`],
    ["a line without end", `--${B}\r\na: ${"b".repeat(100_000)}`],
  ])("refuses %s", async (_, body) => {
    for (const size of [7, 100_000]) {
      await expect(read(body, { size })).rejects.toMatchObject({ code: "DICOMWEB_MULTIPART_INVALID" });
    }
  });

  it("says that a body is not whole, wherever it ends before its last boundary, and gives what came before", async () => {
    const last = TWO.indexOf(`--${B}--`) + `--${B}--`.length;
    for (let length = 0; length < last; length++) {
      const parts: string[] = [];
      const reading = (async () => {
        for await (const { body } of readMultipart(TYPE, inPieces(TWO.slice(0, length), 3))) {
          const pieces: Uint8Array[] = [];
          for await (const piece of body) pieces.push(piece);
          parts.push(Buffer.concat(pieces).toString());
        }
      })();
      await expect(reading).rejects.toMatchObject({ code: "DICOMWEB_MULTIPART_TRUNCATED" });
      expect(["one", "two"].slice(0, parts.length)).toEqual(parts);
    }
  });

  it("hands on what broke the body", async () => {
    async function* broken() {
      yield Buffer.from(TWO.slice(0, 30));
      throw new Error("reset");
    }
    const reading = (async () => {
      for await (const { body } of readMultipart(TYPE, broken())) for await (const _ of body);
    })();
    await expect(reading).rejects.toThrow("reset");
  });

  it("passes over what nobody read of a part, and lets nobody read on", async () => {
    const seen: string[] = [];
    const readers: AsyncIterator<Uint8Array>[] = [];
    for await (const { headers, body } of readMultipart(TYPE, inPieces(TWO, 2))) {
      seen.push([...headers.keys()].join());
      for (const former of readers) expect(await former.next()).toEqual({ done: true, value: undefined });
      const reader = body[Symbol.asyncIterator]();
      expect((await reader.next()).value?.length).toBeGreaterThan(0);
      readers.push(reader);
    }
    expect(seen).toEqual(["content-type", "x"]);
  });

  it("lets go of the body when its reader leaves, and reads to the end when he stays", async () => {
    const ends: string[] = [];
    async function* watched() {
      try {
        yield* inPieces(`${TWO}an epilogue`, 5);
        ends.push("ended");
      } finally {
        ends.push("closed");
      }
    }
    for await (const _ of readMultipart(TYPE, watched())) break;
    expect(ends).toEqual(["closed"]);
    for await (const _ of readMultipart(TYPE, watched()));
    expect(ends).toEqual(["closed", "ended", "closed"]);
  });

  it("gives views of what came: of a large piece nothing is copied", async () => {
    const image = randomBytes(1024 * 1024);
    const whole = Buffer.concat([Buffer.from(`--${B}\r\n\r\n`), image, Buffer.from(`\r\n--${B}--`)]);
    async function* once() {
      yield whole.subarray(0, 7);
      yield whole.subarray(7);
    }
    for await (const { body } of readMultipart(TYPE, once())) {
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(image)).toBe(true);
      expect(pieces.some((piece) => piece.length > 1_000_000 && piece.buffer === whole.buffer)).toBe(true);
    }
  });
});
