/** What comes over HTTP: headers and addresses of those who ask, bodies of an archive that answers. */
import {
  createMultipart,
  negotiate,
  parseMediaType,
  parsePath,
  readMultipart,
  routes,
} from "../../../appliance/dicomweb/index.ts";
import { type Target, words } from "../target.ts";

const DICOM = 'multipart/related; type="application/dicom"';
const accepts = words(
  `${DICOM};transfer-syntax=1.2.840.10008.1.2.4.70;q=0.9;boundary=**,${DICOM};transfer-syntax=*;q=0.5,`,
  `${DICOM}, application/dicom;q=0.5, */*;q=0.1`,
  "multipart/related; type=application/dicom; transfer-syntax=*",
  `${DICOM};x="a\\"b, c;d"`,
);

const PATHS = routes.map(({ path }) =>
  path
    .replace("{frames}", "1,2")
    .replace("{attribute}", "54000100/0/54001010")
    .replaceAll(/\{\w+\}/g, "1.2.840.10008"),
);

const BOUNDARY = "b1";
const bodies = ["\r\n", "preamble\r\n"].map((before) =>
  Buffer.from(
    `${before}--${BOUNDARY}\r\nContent-Type: application/dicom;\r\n transfer-syntax=1.2\r\n\r\none\r\n--${BOUNDARY} \r\n\r\ntwo\r\n--${BOUNDARY}--\r\n`,
  ),
);

function written(): Buffer {
  const { contentType, part, end } = createMultipart({ type: "application/dicom" });
  const body = Buffer.concat([part("application/dicom"), Buffer.alloc(3000, "\r\n--"), part("a/b"), end]);
  return Buffer.from(body.toString("latin1").replaceAll(contentType.slice(-32), BOUNDARY), "latin1");
}

export const targets: Readonly<Record<string, Target>> = {
  "an Accept header": {
    async material() {
      return {
        corpus: accepts,
        words: words(
          ",",
          ";",
          '"',
          "\\",
          "=",
          "q=",
          "*",
          "/",
          '="',
          "; q=0",
          " ",
          "\t",
          "\xff",
          "transfer-syntax=",
          DICOM,
        ),
        // As long as a header may be: what does not end, what escapes, what is blank.
        harmful: words(`a/b;n="${"\\x".repeat(8_000)}`, `a/b${"; ".repeat(8_000)}`, `a/b;n="${"x".repeat(16_000)}`),
      };
    },
    read(bytes) {
      const text = bytes.toString("latin1");
      parseMediaType(text);
      for (const what of ["objects", "frames", "metadata", "bulkdata"] as const) {
        negotiate({ what, sopInstanceUID: "1.2" }, [text, "*/*"], { lenient: true });
      }
    },
  },
  "an address": {
    async material() {
      return {
        corpus: words(...PATHS),
        words: words("/", "..", "%2F", "%2C", ",", "0", "\0", "//", "/series/", "/frames/"),
      };
    },
    read(bytes) {
      const path = bytes.toString("latin1");
      const resource = parsePath(path);
      if (resource !== undefined && !path.includes(resource.studyInstanceUID)) throw new TypeError("made up");
    },
  },
  "a body of parts, cut anywhere": {
    async material() {
      return {
        corpus: [...bodies, written()],
        words: words(
          "\r\n",
          `\r\n--${BOUNDARY}`,
          `\r\n--${BOUNDARY}--`,
          "--",
          "\r",
          ": ",
          " ",
          "\r\n\r\n",
          `--${BOUNDARY}\r\n`,
        ),
      };
    },
    async read(bytes) {
      // A socket gives a piece a turn of the event loop; this source gives none, and its own work is not to be measured.
      const step = 1 + Math.max(bytes.length % 997, bytes.length >> 14);
      async function* pieces() {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
      }
      let given = 0;
      for await (const { body } of readMultipart(`multipart/related; boundary=${BOUNDARY}`, pieces())) {
        for await (const piece of body) given += piece.length;
      }
      if (given > bytes.length) throw new TypeError("more than was sent");
    },
  },
};
