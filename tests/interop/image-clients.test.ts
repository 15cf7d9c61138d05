/**
 * What others send to a box, over the network: the requests of the national validator as they stand, and dicomweb-client, on
 * which OHIF and Slim stand, with its own code.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { api } from "dicomweb-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tags } from "../../appliance/dicom/index.ts";
import { type ImageSite, LE, openImageSite, type Published } from "../faults/images-site.ts";
import { arrived } from "../images/support.ts";
import { readParts } from "../support/multipart.ts";
import { sharedSamples } from "../support/samples.ts";

let site: ImageSite;
let exam: Published;
beforeAll(async () => {
  site = await openImageSite({ archives: { archive: { retrieve: ["c-get"] } } });
  exam = await site.publish("archive");
}, 60_000);
afterAll(() => site[Symbol.asyncDispose]());

/** Paths of the exam, as a client would find them in its manifest. */
function places() {
  const [first] = exam.study.instances;
  const { studyInstanceUID } = exam.study;
  const seriesInstanceUID = first?.dataSet.string(Tags.SeriesInstanceUID) ?? "";
  const instances = exam.study.instances.filter(
    ({ dataSet }) => dataSet.string(Tags.SeriesInstanceUID) === seriesInstanceUID,
  );
  return { studyInstanceUID, seriesInstanceUID, sopInstanceUID: first?.sopInstanceUID ?? "", instances };
}

const folder = join(sharedSamples() ?? "", "drim-m-data/wado-rs");
describe.skipIf(!existsSync(folder))("the national validator (needs ../shared)", () => {
  it.each(existsSync(folder) ? readdirSync(folder) : [])("is served: %s", async (file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const accept = [...text.matchAll(/^Accept:\s*(.*?)\s*$/gm)].map(([, line = ""]) => line);
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID, instances } = places();
    const alone = file.startsWith("instance");
    const path = `/studies/${studyInstanceUID}/series/${seriesInstanceUID}${alone ? `/instances/${sopInstanceUID}` : ""}`;
    const { end, contentType, body } = await site.ask(exam, { path, headers: { accept } });
    expect(end).toBe("whole");
    const { parts } = readParts(contentType, body);
    const wanted = alone ? [sopInstanceUID] : instances.map((one) => one.sopInstanceUID);
    expect(parts.map((part) => arrived(part.body).name).sort()).toEqual(wanted.sort());
    for (const { body: image } of parts) {
      expect([arrived(image).ins, arrived(image).syntax]).toEqual([exam.patient.ins.matricule, LE]);
    }
  });
});

describe("dicomweb-client", () => {
  /** Its type declarations ask for more than its functions do. */
  type Client = Readonly<Record<string, (options: object) => Promise<unknown>>>;
  let client: Client;
  beforeAll(() => {
    Object.assign(globalThis, { XMLHttpRequest: requestsTo() });
    const { host, port } = site.site.box.addresses.images ?? { host: "", port: 0 };
    client = new (api.DICOMwebClient as unknown as new (options: object) => Client)({
      url: `https://${host}:${port}/dicom-web-rs`,
      headers: { authorization: `Bearer ${site.token}`, "kos-sopinstanceuid": exam.manifest },
      verbose: false,
    });
  });
  afterAll(() => void Reflect.deleteProperty(globalThis, "XMLHttpRequest"));
  const call = async <Result>(method: string, options: object) => (await client[method]?.(options)) as Result;

  it.each(["retrieveStudy", "retrieveSeries", "retrieveInstance"])("has the files by %s", async (method) => {
    const { instances, ...named } = places();
    const files = [await call<ArrayBuffer | ArrayBuffer[]>(method, named)].flat();
    const wanted = {
      retrieveStudy: exam.study.instances,
      retrieveSeries: instances,
      retrieveInstance: instances.slice(0, 1),
    }[method];
    expect(files.map((file) => arrived(Buffer.from(file)).name).sort()).toEqual(
      wanted?.map((one) => one.sopInstanceUID).sort(),
    );
  });

  it("reads the metadata, follows the address of the pixels, and has the frames: all are the same bytes", async () => {
    const { instances, ...named } = places();
    const [json] = await call<Record<string, { BulkDataURI?: string }>[]>("retrieveInstanceMetadata", named);
    const pixels = instances[0]?.dataSet.bytes(Tags.PixelData);
    const frames = await call<ArrayBuffer[]>("retrieveInstanceFrames", { ...named, frameNumbers: [1] });
    expect(frames.map((frame) => Buffer.from(frame))).toEqual([Buffer.from(pixels ?? [])]);
    // The address is that of the manifests; here the box is reached by another.
    const { host, port } = site.site.box.addresses.images ?? { host: "", port: 0 };
    const BulkDataURI = json?.["7FE00010"]?.BulkDataURI?.replace(/^https:\/\/[^/]+/, `https://${host}:${port}`);
    const [bulk] = await call<ArrayBuffer[]>("retrieveBulkData", { BulkDataURI });
    expect(Buffer.from(bulk as ArrayBuffer)).toEqual(Buffer.from(pixels ?? []));
    expect(await call<unknown[]>("retrieveStudyMetadata", named)).toHaveLength(exam.study.instances.length);
  });
});

/** In place of the browser's, with the certificate of the neighbour. */
function requestsTo() {
  const { certificate: cert, key } = site.pki.structures[1].auth;
  const ca = readFileSync(site.sandbox.serverAuthorityFile);
  return class {
    readonly #headers: Record<string, string> = {};
    #url = "";
    #type = "";
    responseType = "";
    readyState = 0;
    status = 0;
    response: unknown;
    onreadystatechange = () => {};

    open(_method: string, url: string): void {
      this.#url = url;
    }

    setRequestHeader(name: string, value: string): void {
      this.#headers[name] = value;
    }

    getResponseHeader(): string {
      return this.#type;
    }

    getAllResponseHeaders(): string {
      return `content-type: ${this.#type}\r\n`;
    }

    send(): void {
      const outgoing = request(this.#url, { headers: this.#headers, agent: false, cert, key, ca }, async (response) => {
        const body = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>));
        this.#type = response.headers["content-type"] ?? "";
        this.status = response.statusCode ?? 0;
        this.response = this.responseType === "json" ? JSON.parse(body.toString()) : new Uint8Array(body).buffer;
        this.readyState = 4;
        this.onreadystatechange();
      });
      outgoing.end();
    }
  };
}
