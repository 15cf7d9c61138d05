/** What the viewers and toolkits of the field really ask for, at each resource, and what they get. */
import { api } from "dicomweb-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANY_SYNTAX, createMultipart, negotiate, parsePath } from "../../appliance/dicomweb/index.ts";

const BASE = "https://box.example/dicom-web-rs";
const LE = "1.2.840.10008.1.2.1";
const J = (end: string) => `1.2.840.10008.1.2.4.${end}`;

const named = { studyInstanceUID: "1.2", seriesInstanceUID: "1.3", sopInstanceUID: "1.4" };
const SERIES = "/studies/1.2/series/1.3";
const INSTANCE = `${SERIES}/instances/1.4`;

/** In place of the browser's: keeps what is asked, and answers what a test wants. */
class FakeRequest {
  static answer: { readonly contentType: string; readonly body: Buffer } | undefined;
  static asked: { readonly path: string; readonly accept: readonly string[] }[] = [];
  readonly #headers = new Map<string, string>();
  #url = "";
  responseType = "";
  readyState = 0;
  status = 0;
  response: ArrayBuffer | undefined;
  onreadystatechange = () => {};

  open(_method: string, url: string): void {
    this.#url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers.set(name.toLowerCase(), value);
  }

  getResponseHeader(): string | undefined {
    return FakeRequest.answer?.contentType;
  }

  getAllResponseHeaders(): string {
    return `content-type: ${FakeRequest.answer?.contentType}\r\n`;
  }

  /** Without a header of its own a browser sends this one. */
  send(): void {
    const path = new URL(this.#url).pathname.slice("/dicom-web-rs".length);
    FakeRequest.asked.push({ path, accept: [this.#headers.get("accept") ?? "*/*"] });
    this.readyState = 4;
    this.status = FakeRequest.answer === undefined ? 204 : 200;
    this.response = FakeRequest.answer && Uint8Array.from(FakeRequest.answer.body).buffer;
    this.onreadystatechange();
  }
}

beforeEach(() => {
  FakeRequest.asked = [];
  FakeRequest.answer = undefined;
  Object.assign(globalThis, { XMLHttpRequest: FakeRequest });
});
afterEach(() => void Reflect.deleteProperty(globalThis, "XMLHttpRequest"));

/** Its type declarations ask for more than its functions do. */
type Client = Readonly<Record<string, (options: object) => Promise<unknown>>>;
const Client = api.DICOMwebClient as unknown as new (options: object) => Client;
const client = new Client({ url: BASE, verbose: false });

/** The form of the one request that a client made. */
async function formFor(ask: (client: Client) => Promise<unknown> | undefined) {
  await ask(client);
  const [request] = FakeRequest.asked;
  const resource = parsePath(request?.path ?? "");
  if (request === undefined || resource === undefined) throw new Error("nothing that we know was asked for");
  return { what: resource.what, ...negotiate(resource, request.accept, { lenient: false }) };
}

describe("dicomweb-client, on which OHIF and Slim stand", () => {
  const frame = { ...named, frameNumbers: [1] };
  const as = (mediaType: string, transferSyntaxUID?: string) => ({
    mediaType,
    ...(transferSyntaxUID !== undefined && { transferSyntaxUID }),
  });

  it.each<[what: string, ask: (client: Client) => Promise<unknown> | undefined, form: object]>([
    ["a study", (c) => c.retrieveStudy?.(named), { what: "objects", form: "multipart", transferSyntaxes: [LE] }],
    ["a series", (c) => c.retrieveSeries?.(named), { what: "objects", form: "multipart", transferSyntaxes: [LE] }],
    ["an instance", (c) => c.retrieveInstance?.(named), { what: "objects", form: "multipart", transferSyntaxes: [LE] }],
    [
      "metadata of a study",
      (c) => c.retrieveStudyMetadata?.(named),
      { what: "metadata", form: "json", contentType: "application/dicom+json" },
    ],
    [
      "metadata of a series",
      (c) => c.retrieveSeriesMetadata?.(named),
      { what: "metadata", form: "json", contentType: "application/dicom+json" },
    ],
    ["metadata of an instance", (c) => c.retrieveInstanceMetadata?.(named), { what: "metadata", form: "json" }],
    ["a frame", (c) => c.retrieveInstanceFrames?.(frame), { what: "frames", form: "frames", transferSyntaxes: [LE] }],
    [
      "frames as JPEG-LS by its old name",
      (c) => c.retrieveInstanceFrames?.({ ...frame, mediaTypes: [as("image/x-jls", J("80"))] }),
      { form: "frames", transferSyntaxes: [J("80")] },
    ],
    [
      "frames as any image",
      (c) => c.retrieveInstanceFrames?.({ ...frame, mediaTypes: [as("image/*", "*")] }),
      { form: "frames", transferSyntaxes: expect.arrayContaining([J("50"), J("70"), J("80"), J("201")]) },
    ],
    [
      "frames in any of several types",
      (c) =>
        c.retrieveInstanceFrames?.({
          ...frame,
          mediaTypes: [
            as("application/octet-stream", LE),
            as("image/x-dicom-rle", "1.2.840.10008.1.2.5"),
            as("image/jhc", J("201")),
          ],
        }),
      { form: "frames", transferSyntaxes: [LE, "1.2.840.10008.1.2.5", J("201")] },
    ],
    [
      "frames of a video",
      (c) => c.retrieveInstanceFrames?.({ ...frame, mediaTypes: [as("video/mp4", J("102"))] }),
      { form: "frames", transferSyntaxes: [J("102")] },
    ],
    ["an instance rendered", (c) => c.retrieveInstanceRendered?.(named), { what: "rendered", form: "jpeg" }],
    [
      "an instance rendered as JPEG or PNG",
      (c) => c.retrieveInstanceRendered?.({ ...named, mediaTypes: [as("image/png"), as("image/jpeg")] }),
      { what: "rendered", form: "jpeg" },
    ],
    ["a frame rendered", (c) => c.retrieveInstanceFramesRendered?.(frame), { what: "rendered", form: "jpeg" }],
    [
      "the thumbnail of a frame",
      (c) => c.retrieveInstanceFramesThumbnail?.(frame),
      { what: "thumbnail", form: "jpeg" },
    ],
    ["a thumbnail", (c) => c.retrieveInstanceThumbnail?.(named), { what: "thumbnail", form: "jpeg" }],
    [
      "bulk data",
      (c) => c.retrieveBulkData?.({ BulkDataURI: `${BASE}${INSTANCE}/bulkdata/7FE00010` }),
      { what: "bulkdata", form: "bulk-multipart" },
    ],
  ])("gets %s", async (_, ask, form) => expect(await formFor(ask)).toMatchObject(form));

  it("gets bulk data alone when it is made for single parts", async () => {
    const single = new Client({ url: BASE, verbose: false, singlepart: "bulkdata,video" });
    const ask = () => single.retrieveBulkData?.({ BulkDataURI: `${BASE}${INSTANCE}/bulkdata/7FE00010` });
    expect(await formFor(ask)).toMatchObject({ what: "bulkdata" });
  });

  it("gets a series in the syntaxes that its builder of headers was given", () => {
    const build = Reflect.get(api.DICOMwebClient, "_buildMultipartAcceptHeaderFieldValue");
    const supported = Object.fromEntries([J("80"), J("90")].map((uid) => [uid, ["application/dicom"]]));
    const header = (...uids: string[]): string =>
      build(
        uids.map((uid) => as("application/dicom", uid)),
        supported,
      );
    const got = (accept: string) => negotiate({ what: "objects" }, [accept], { lenient: false });
    expect(got(header(J("90"), J("80")))).toEqual({ form: "multipart", transferSyntaxes: [J("90"), J("80")] });
    expect(got(header("*"))).toEqual({ form: "multipart", transferSyntaxes: ANY_SYNTAX });
  });

  it("reads the parts that we write", async () => {
    const images = [Buffer.alloc(5000, "\r\n--"), Buffer.from("DICM"), Buffer.alloc(70_000, 0xff)];
    const multipart = createMultipart({ type: "application/dicom" });
    const type = `application/dicom; transfer-syntax=${J("80")}`;
    const body = Buffer.concat([...images.flatMap((image) => [multipart.part(type), image]), multipart.end]);
    FakeRequest.answer = { contentType: multipart.contentType, body };
    const parts = (await client.retrieveSeries?.(named)) as unknown as (ArrayBuffer & { transferSyntaxUID: string })[];
    expect(parts.map((part) => Buffer.from(part).equals(images.shift() as Buffer))).toEqual([true, true, true]);
    expect(parts.map(({ transferSyntaxUID }) => transferSyntaxUID)).toEqual([J("80"), J("80"), J("80")]);
  });
});

/** As their manuals, examples and default configurations have it. */
describe("others", () => {
  const OCTETS = "multipart/related; type=application/octet-stream; transfer-syntax=*";
  it.each<[who: string, path: string, accept: string[], form: object]>([
    ["cornerstone's loader", `${INSTANCE}/frames/1`, [OCTETS], { form: "frames", transferSyntaxes: ANY_SYNTAX }],
    [
      "OHIF 3 with its two types, without quotes",
      `${INSTANCE}/frames/1`,
      ["multipart/related; type=image/jls; q=1, multipart/related; type=application/octet-stream; q=0.1"],
      { form: "frames", transferSyntaxes: [J("80"), J("81"), LE] },
    ],
    [
      "OHIF 3 that names the transfer syntax",
      `${INSTANCE}/frames/1`,
      [
        "multipart/related; type=image/jls; transfer-syntax=1.2.840.10008.1.2.4.80; q=0.9, multipart/related; type=application/octet-stream; q=0.5",
      ],
      { form: "frames", transferSyntaxes: [J("80"), LE] },
    ],
    [
      "OHIF 3 with a PDF before the bytes",
      `${INSTANCE}/bulkdata/00420011`,
      [
        "multipart/related; type=application/pdf; q=0.6, multipart/related; type=image/jls; q=1, multipart/related; type=application/octet-stream; q=0.5",
      ],
      { form: "bulk-multipart" },
    ],
    [
      "OHIF 3, whose header the browser puts behind that of dicomweb-client",
      `${SERIES}/metadata`,
      [`application/dicom+json, ${OCTETS}`],
      { form: "json", contentType: "application/dicom+json" },
    ],
    [
      "OHIF 3 with one header for all",
      SERIES,
      ["application/dicom+json,application/json,multipart/related;type=application/dicom;transfer-syntax=*"],
      { form: "multipart", transferSyntaxes: ANY_SYNTAX },
    ],
    ["curl, fetch, and wadors of dcm4che", SERIES, ["*/*"], { form: "multipart", transferSyntaxes: [LE] }],
    [
      "wadors of dcm4che with the example of its manual",
      SERIES,
      ["multipart/related;type=application/dicom;transfer-syntax=*"],
      { form: "multipart", transferSyntaxes: ANY_SYNTAX },
    ],
    [
      "wadors of dcm4che for frames",
      `${INSTANCE}/frames/1`,
      ["multipart/related;type=image/jpeg"],
      { form: "frames", transferSyntaxes: [J("70"), J("50"), J("51"), J("57")] },
    ],
    [
      "a single file, as cloud archives teach it",
      INSTANCE,
      ["application/dicom;transfer-syntax=*"],
      { form: "single", transferSyntaxes: ANY_SYNTAX },
    ],
    [
      "the URL connection of Java",
      SERIES,
      ["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"],
      { form: "multipart", transferSyntaxes: [LE] },
    ],
    [
      "a browser",
      `${INSTANCE}/rendered`,
      ["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"],
      { form: "jpeg" },
    ],
    [
      "the national demonstrator, for display",
      SERIES,
      ["50=0.9", "51=0.8", "91=0.8", "70=0.7", "80=0.6", "100=0.4"]
        .map((one) => one.split("="))
        .map(
          ([end, q]) =>
            `multipart/related; type="application/dicom";transfer-syntax=${J(end as string)};q=${q};boundary=b1`,
        ),
      { form: "multipart", transferSyntaxes: ["50", "51", "91", "70", "80", "100"].map(J) },
    ],
  ])("%s: %s", (_, path, accept, form) => {
    const resource = parsePath(path);
    expect(resource && negotiate(resource, accept, { lenient: false })).toEqual(form);
  });
});
