import { CodedError } from "../base/index.ts";
import type { CachedItem } from "../cache/index.ts";
import { createMultipart } from "../dicomweb/index.ts";
import type { Pixels } from "../pixels/index.ts";
import { ahead } from "./ahead.ts";
import { fault } from "./errors.ts";
import { fileIn, formOf, isOfPixels, type Turning } from "./form.ts";
import type { ImagesPatient, InstanceFacts } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries, wantedOf } from "./request.ts";
import type { Shelf } from "./shelf.ts";

const DICOM = "application/dicom";

/** Instances that are read while one is sent. */
const AHEAD = 2;

/**
 * Sends instances in parts, each as soon as it has come. Rejects as long as nothing was sent; from then on the delivery tells
 * what is missing. What ends without its final boundary is not whole (RFC 2046 5.1.1); what breaks off inside a part is cut.
 */
export async function sendObjects(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  transferSyntaxes: readonly string[],
  pixels: Pixels,
): Promise<Delivery> {
  const multipart = createMultipart({ type: DICOM });
  const turning = { pixels, urgency: request.urgency, signal: outlet.signal };
  const missing = new Set(request.series.flatMap(({ instances }) => instances.map((one) => one.sopInstanceUID)));
  const wanted = missing.size;
  let reason: unknown;
  for (const series of request.series) {
    try {
      await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
      const begin = (item: CachedItem<InstanceFacts>) => beginIfItCan(item, transferSyntaxes, request.patient, turning);
      for await (const part of ahead(wantedOf(reader, series), AHEAD, begin, leave)) {
        if ("fault" in part) {
          reason ??= part.fault;
          continue;
        }
        await using _ = part.file;
        if (!missing.has(part.name)) continue;
        await sendPart(outlet, multipart, part);
        missing.delete(part.name);
      }
    } catch (error) {
      // A part that broke off is worse than images that are missing.
      reason = error instanceof BrokenPart ? error : (reason ?? error);
      if (outlet.signal.aborted || !isOfSeries(error)) break;
    }
  }
  const delivered = () => ({ instances: wanted - missing.size, bytes: outlet.bytes, missing: [...missing] });
  if (!outlet.begun) throw reason ?? fault("IMAGES_GONE");
  if (reason instanceof BrokenPart || outlet.signal.aborted) {
    outlet.destroy();
    return { ...delivered(), fault: reason instanceof BrokenPart ? reason.cause : outlet.signal.reason };
  }
  try {
    if (missing.size === 0) await outlet.write(multipart.end);
    await outlet.end();
  } catch (error) {
    reason ??= error;
  }
  return { ...delivered(), ...(reason !== undefined && { fault: reason }) };
}

/** True for what is wrong with one series only, which says nothing of the next. */
function isOfSeries(error: unknown): boolean {
  return error instanceof CodedError && (/^(IMAGES|PIXELS|DICOM)_/.test(error.code) || OF_SERIES.has(error.code));
}

/** What a PACS answers about a series; whatever else it does, it would do again. */
const OF_SERIES: ReadonlySet<string> = new Set([
  "PACS_SYNTAX_UNAVAILABLE",
  "PACS_GONE",
  "PACS_SENT_OTHERS",
  "PACS_FAILED",
]);

/** Something failed in the middle of a part: what was sent of it is of no use. */
class BrokenPart extends Error {}

/** An instance of which the first bytes are there, so that what fails before them is not a part that broke off. */
interface BegunFile {
  /** SOP Instance UID. */
  readonly name: string;
  readonly transferSyntax: string;
  readonly first: Uint8Array;
  /** What follows. */
  readonly file: AsyncGenerator<Uint8Array>;
}

/** One whose pixels cannot be brought into any accepted form; the others are sent. */
interface Unsendable {
  readonly fault: unknown;
}

async function beginFile(
  item: CachedItem<InstanceFacts>,
  accepted: readonly string[],
  patient: ImagesPatient,
  turning: Turning,
): Promise<BegunFile> {
  const form = await formOf(item, accepted);
  const file = fileIn(form, item, patient, turning);
  const { value } = await file.next();
  return { name: item.name, transferSyntax: form.transferSyntax, first: value as Uint8Array, file };
}

async function beginIfItCan(...begun: Parameters<typeof beginFile>): Promise<BegunFile | Unsendable> {
  try {
    return await beginFile(...begun);
  } catch (error) {
    if (isOfPixels(error)) return { fault: error };
    throw error;
  }
}

async function leave(begun: BegunFile | Unsendable): Promise<void> {
  if ("file" in begun) await begun.file.return(undefined);
}

async function sendPart(
  outlet: Outlet,
  multipart: ReturnType<typeof createMultipart>,
  { transferSyntax, first, file }: BegunFile,
): Promise<void> {
  if (!outlet.begun) outlet.begin(200, { "content-type": multipart.contentType });
  try {
    await outlet.write(multipart.part(`${DICOM}; transfer-syntax=${transferSyntax}`));
    await outlet.write(first);
    for await (const piece of file) await outlet.write(piece);
    outlet.flush();
  } catch (cause) {
    throw new BrokenPart("a part broke off", { cause });
  }
}

/** Sends one instance alone. */
export async function sendObject(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  transferSyntaxes: readonly string[],
  pixels: Pixels,
): Promise<Delivery> {
  const [series] = request.series;
  const [instance] = series?.instances ?? [];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const turning = { pixels, urgency: request.urgency, signal: outlet.signal };
  const { transferSyntax, first, file } = await beginFile(item, transferSyntaxes, request.patient, turning);
  await using _ = file;
  outlet.begin(200, { "content-type": `${DICOM}; transfer-syntax=${transferSyntax}` });
  try {
    await outlet.write(first);
    for await (const piece of file) await outlet.write(piece);
    await outlet.end();
    return { instances: 1, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    outlet.destroy();
    return { instances: 0, bytes: outlet.bytes, missing: [instance.sopInstanceUID], fault: error };
  }
}
