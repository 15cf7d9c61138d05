/** Images served over HTTP from a supplier that the test holds in its hand. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { request as ask, createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError, silent } from "../../appliance/base/index.ts";
import { openCache } from "../../appliance/cache/index.ts";
import { type DataSet, ExplicitVRLittleEndian, encodeDataSet, readPart10, Tags } from "../../appliance/dicom/index.ts";
import type { Representation } from "../../appliance/dicomweb/index.ts";
import {
  createImages,
  type Delivery,
  type Images,
  type ImagesRequest,
  type InstanceFacts,
  type Supplier,
  type SupplyRequest,
} from "../../appliance/images/index.ts";
import { type SyntheticStudy, syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { eventually } from "../support/dimse.ts";
import { type Multipart, readParts } from "../support/multipart.ts";

export const LE = ExplicitVRLittleEndian.uid;

export interface Served {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** Whether HTTP itself came to its end. */
  readonly ended: boolean;
  readonly multipart: () => Multipart;
}

/** What a study is for those who ask for it. */
export interface Exam {
  readonly study: SyntheticStudy;
  readonly patient: ImagesRequest["patient"];
  readonly series: ImagesRequest["series"];
  readonly frames?: ImagesRequest["frames"];
  readonly bulk?: ImagesRequest["bulk"];
  readonly transcode?: boolean;
  readonly picture?: ImagesRequest["picture"];
}

export function exam(number: number, images = 3): Exam {
  const patientID = `P${number}`;
  const study = syntheticStudy({ patientID, series: [{ kind: "CT", images, size: 32 }] });
  const seriesInstanceUID = study.instances[0]!.dataSet.string(Tags.SeriesInstanceUID) as string;
  const { studyInstanceUID } = study;
  return {
    study,
    patient: {
      patientIDs: [patientID],
      identifier: { id: String(number).padStart(15, "1"), issuerOID: "1.2.250.1.213.1.4.10" },
    },
    series: [{ studyInstanceUID, seriesInstanceUID, instances: study.instances }],
  };
}

/** A supplier of one exam, as a PACS that has all of it uncompressed. */
export function supplierOf(
  { study }: Exam,
  options: { readonly syntax?: string; readonly pieces?: number } = {},
): Supplier {
  return async ({ store, instances }) => {
    const { syntax = LE } = options;
    for (const { sopInstanceUID, sopClassUID, dataSet } of study.instances) {
      if (!instances.some((one) => one.sopInstanceUID === sopInstanceUID)) continue;
      await store(
        { sopInstanceUID, sopClassUID, transferSyntax: syntax },
        inPieces(encodeDataSet(dataSet, syntax), options.pieces),
      );
    }
  };
}

export async function* inPieces(bytes: Buffer, pieces = 3): AsyncGenerator<Uint8Array> {
  const step = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

export interface Service extends AsyncDisposable {
  readonly images: Images;
  /** What became of each request, in the order in which they ended. */
  readonly deliveries: readonly (Delivery | CodedError)[];
  /** Asks, and reads to the end. */
  get(exam: Exam, supply: Supplier, representation?: Representation): Promise<Served>;
  /** Asks; the caller reads. */
  open(exam: Exam, supply: Supplier, representation?: Representation): Promise<IncomingMessage>;
}

export const multipart = (...transferSyntaxes: string[]): Representation => ({ form: "multipart", transferSyntaxes });

export async function openService(
  options: { readonly longestWaitMs?: number; readonly maximumBytes?: number; readonly maximumAgeMs?: number } = {},
): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  const { maximumBytes = 1e9, maximumAgeMs = 1e9, ...rest } = options;
  const cache = await openCache<InstanceFacts>({ folder, maximumBytes, maximumAgeMs });
  const images = createImages({ cache, base: "https://db1.example", log: silent, ...rest });
  const deliveries: (Delivery | CodedError)[] = [];
  const asked = new Map<string, readonly [Representation, ImagesRequest]>();
  const server = createServer(async (request, response) => {
    const [representation, wanted] = asked.get(request.url as string)!;
    try {
      using transfer = images.begin(response, wanted.series[0]?.studyInstanceUID ?? "");
      deliveries.push(await transfer.respond(representation, wanted));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      deliveries.push(error);
      response.writeHead(500).end(error.code);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let last = 0;
  const open: Service["open"] = ({ study: _, ...wanted }, supply, representation = multipart(LE)) => {
    const path = `/${++last}`;
    asked.set(path, [representation, { ...wanted, supply, urgency: "now" }]);
    return new Promise((resolve, reject) => {
      ask({ host: "127.0.0.1", port, path, agent: false }, resolve).on("error", reject).end();
    });
  };
  return {
    images,
    deliveries,
    open,
    async get(...asking) {
      // A connection that is cut before its first byte has left has no status.
      const response = await open(...asking).catch(() => undefined);
      if (response === undefined) {
        return {
          status: 0,
          contentType: "",
          body: Buffer.alloc(0),
          ended: false,
          multipart: () => readParts("", Buffer.alloc(0)),
        };
      }
      const pieces: Buffer[] = [];
      let ended = true;
      try {
        for await (const piece of response) pieces.push(piece);
      } catch {
        ended = false;
      }
      const { statusCode = 0, headers } = response;
      const body = Buffer.concat(pieces);
      const contentType = headers["content-type"] ?? "";
      return { status: statusCode, contentType, body, ended, multipart: () => readParts(contentType, body) };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cache.close();
      await eventually(() => openIn(folder) === 0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Files of a folder that this process has open: whatever became of a request, it leaves none. */
function openIn(folder: string): number {
  const descriptors = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return "";
    }
  });
  return descriptors.filter((file) => file.startsWith(folder)).length;
}

/** The digest of an instance without the identifier that was put in, and that identifier. */
export function arrived(file: Buffer): {
  readonly name: string;
  readonly ins: string;
  readonly digest: string;
  readonly syntax: string;
} {
  const { dataSet, meta, preamble } = readPart10(file);
  if (preamble.some((byte) => byte !== 0)) throw new Error("a preamble that says something");
  const syntax = meta?.string(Tags.TransferSyntaxUID) as string;
  const ids = dataSet.items(Tags.OtherPatientIDsSequence).map((item) => item.string(Tags.PatientID));
  dataSet.delete(Tags.OtherPatientIDsSequence);
  return {
    name: dataSet.string(Tags.SOPInstanceUID) as string,
    ins: ids.join(),
    digest: digestOf(dataSet, syntax),
    syntax,
  };
}

export function digestOf(dataSet: DataSet, syntax: string = LE): string {
  return createHash("sha256").update(encodeDataSet(dataSet, syntax)).digest("hex");
}

/** What must arrive of an exam. */
export function expected({ study, patient }: Exam) {
  return study.instances.map(({ sopInstanceUID, dataSet }) => ({
    name: sopInstanceUID,
    ins: patient.identifier.id,
    digest: digestOf(dataSet),
    syntax: LE,
  }));
}

export type { SupplyRequest };
