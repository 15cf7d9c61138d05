/**
 * Images on their way out, Orthanc and its DICOMweb plugin beside: the reference exam, 1,300 CT images in JPEG-LS (200 MB) and
 * the same uncompressed (680 MB). Over HTTP on both sides; once over TLS, as other boxes ask.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startOrthanc, startStorescp } from "../../tests/support/dicom-peers.ts";
import { slowLine } from "./images/line.ts";
import { archive, type BenchExam, get, move, startServer } from "./images/peers.ts";

const PLUGINS = "/usr/share/orthanc/plugins";
const RUNS = 5;
const SLICE = 512;
/** In megabits a second. */
const GIGABIT = 1000;
/** Images of which there are many: their headers are measured, and what is kept of them. */
const SMALL = 64;

export interface ImageFigures {
  /** Throughput of a series that is at hand, ours by Orthanc's. */
  readonly wado_series_warm_vs_orthanc: number;
  readonly wado_series_cold_first_byte_ms: number;
  /** Time of a series that is fetched first, by the time in which the PACS moves it to a sink. */
  readonly wado_series_cold_vs_pacs_cmove: number;
  /** The same where the PACS, for both, is at the end of a line of 1 Gbit/s. */
  readonly wado_series_cold_vs_pacs_cmove_1gbit: number;
  readonly wado_first_image_cold_ms: number;
  readonly wado_first_image_warm_ms: number;
  readonly wado_mbit_per_s: number;
  readonly wado_tls_mbit_per_s: number;
  /** Time of the metadata of 4,000 instances, ours by Orthanc's. */
  readonly metadata_4000_vs_orthanc: number;
  readonly rss_serving_5000_instances_mb: number;
  /** The slowest by the median of twenty series at a time, at hand; and when a PACS of four associations is asked for each. */
  readonly parallel_20_series_fairness: number;
  readonly parallel_20_series_cold_fairness: number;
  readonly loop_stall_p99_ms: number;
}

export async function benchImages(): Promise<ImageFigures> {
  const folder = mkdtempSync(join(tmpdir(), "bench-images-"));
  const sinkPort = await freePort();
  await using sinkLine = await slowLine(sinkPort, GIGABIT);
  const orthanc = await startOrthanc({
    destinations: [
      { aeTitle: "SINK", host: "127.0.0.1", port: sinkPort },
      { aeTitle: "FARSINK", host: "127.0.0.1", port: sinkLine.port },
    ],
    settings: { Plugins: [PLUGINS], DicomWeb: { Enable: true, Root: "/dicom-web/" } },
  });
  const theirs = `${orthanc.url}/dicom-web`;
  const sink = await startStorescp({ aeTitle: "SINK", port: sinkPort, args: ["--ignore", "-pdu", "131072"] });
  try {
    const exam = (patientID: string, images: number, size: number, compressed: boolean) =>
      archive(orthanc.url, { patientID, images, size, compressed });
    const reference = await exam("P1", 1300, SLICE, true);
    const native = await exam("P2", 1300, SLICE, false);
    const headers = await exam("P3", 4000, SMALL, false);
    const long = await exam("P4", 5000, SMALL, false);
    const twenty: BenchExam[] = [];
    for (let number = 0; number < 20; number += 1) twenty.push(await exam(`M${number}`, 40, SLICE, true));
    const file = join(folder, "exams.json");
    writeFileSync(file, JSON.stringify([reference, native, headers, long, ...twenty]));

    const server = await startServer(orthanc.port, file);
    const instance = `/instances/${reference.instances[7]?.sopInstanceUID}` as const;
    const colds = await times(RUNS, async () => {
      await server.empty();
      const first = await get(server.http, reference, instance);
      await server.empty();
      const ours = await get(server.http, reference, "");
      return {
        first: first.whole,
        firstByte: ours.firstByte,
        ratio: ours.whole / (await move(orthanc.port, "SINK", reference)),
      };
    });
    const warms = await times(RUNS, async () => {
      const ours = await get(server.http, reference, "");
      return {
        ratio: (await get(theirs, reference, "")).whole / ours.whole,
        first: (await get(server.http, reference, instance)).whole,
      };
    });
    await get(server.http, native, "");
    const rates = await times(RUNS, async () => ({
      plain: rate(await get(server.http, native, "")),
      tls: rate(await get(server.https, native, "")),
    }));
    await get(server.http, headers, "/metadata");
    const metadata = await times(RUNS, async () => {
      const ours = await get(server.http, headers, "/metadata");
      return { ratio: ours.whole / (await get(theirs, headers, "/metadata")).whole };
    });
    const together = () => Promise.all(twenty.map((one) => get(server.http, one, "")));
    const fetched = await together();
    const atHand = await together();
    const { stallP99Ms } = await server.stop();
    await using line = await slowLine(orthanc.port, GIGABIT);
    const far = await startServer(line.port, file);
    const distant = await times(RUNS, async () => {
      await far.empty();
      const ours = await get(far.http, reference, "");
      return ours.whole / (await move(orthanc.port, "FARSINK", reference));
    });
    await far.stop();
    // Its memory is measured of a box that does nothing else.
    const another = await startServer(orthanc.port, file);
    await get(another.http, long, "");
    await get(another.http, long, "");
    const { rssMb } = await another.stop();
    return {
      wado_series_warm_vs_orthanc: median(warms.map(({ ratio }) => ratio)),
      wado_series_cold_first_byte_ms: median(colds.map(({ firstByte }) => firstByte)),
      wado_series_cold_vs_pacs_cmove: median(colds.map(({ ratio }) => ratio)),
      wado_series_cold_vs_pacs_cmove_1gbit: median(distant),
      wado_first_image_cold_ms: median(colds.map(({ first }) => first)),
      wado_first_image_warm_ms: median(warms.map(({ first }) => first)),
      wado_mbit_per_s: median(rates.map(({ plain }) => plain)),
      wado_tls_mbit_per_s: median(rates.map(({ tls }) => tls)),
      metadata_4000_vs_orthanc: median(metadata.map(({ ratio }) => ratio)),
      rss_serving_5000_instances_mb: rssMb,
      parallel_20_series_fairness: fairness(atHand),
      parallel_20_series_cold_fairness: fairness(fetched),
      loop_stall_p99_ms: stallP99Ms,
    };
  } finally {
    await sink.stop();
    await orthanc.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function times<T>(count: number, measure: () => Promise<T>): Promise<T[]> {
  const measured: T[] = [];
  for (let time = 0; time < count; time += 1) measured.push(await measure());
  return measured;
}

function rate({ bytes, whole }: { readonly bytes: number; readonly whole: number }): number {
  return (bytes * 8) / 1000 / whole;
}

function fairness(together: readonly { readonly whole: number }[]): number {
  const wholes = together.map(({ whole }) => whole);
  return Math.max(...wholes) / median(wholes);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}
