import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { buildManifest, type ManifestInput } from "../../appliance/kos/index.ts";

const SERIES = 10;
const INSTANCES = 1_000;
const RUNS = 9;
const WARM_UP = 2;

/** The histogram measures how late a timer of 1 ms is: the resolution is taken off again. */
const RESOLUTION = 1;

/**
 * How long a manifest of 10,000 references takes, and the longest that it keeps anything else from running, in milliseconds:
 * medians of some runs, as the machine has other things to do. Bars: 100 and 20.
 */
export async function benchKos(): Promise<{ kos_encode_10000_ms: number; kos_encode_longest_stall_ms: number }> {
  const input = study();
  for (let run = 0; run < WARM_UP; run++) await buildManifest(input);
  const durations: number[] = [];
  const stalls: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  for (let run = 0; run < RUNS; run++) {
    delay.reset();
    const start = performance.now();
    await buildManifest(input);
    durations.push(performance.now() - start);
    // The monitor notes a delay at its next tick.
    await setTimeout(2 * RESOLUTION);
    stalls.push(Math.max(0, delay.max / 1e6 - RESOLUTION));
  }
  delay.disable();
  return { kos_encode_10000_ms: median(durations), kos_encode_longest_stall_ms: median(stalls) };
}

function median(values: number[]): number {
  values.sort((one, other) => one - other);
  return values[values.length >> 1] ?? Number.NaN;
}

function study(): ManifestInput {
  const studyInstanceUID = "2.25.329800735698586629295641978511506172918";
  return {
    study: {
      studyInstanceUID,
      studyDate: "20260115",
      studyTime: "101500",
      description: "Scanner cardiaque",
      series: Array.from({ length: SERIES }, (_, number) => ({
        seriesInstanceUID: `${studyInstanceUID}.${number}`,
        modality: "CT",
        seriesNumber: number,
        description: `Phase ${number}0 %`,
        instances: Array.from({ length: INSTANCES }, (_unused, index) => ({
          sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
          sopInstanceUID: `${studyInstanceUID}.${number}.${index}`,
          instanceNumber: index + 1,
        })),
      })),
    },
    patient: {
      ins: { matricule: "260058815400233", oid: "1.2.250.1.213.1.4.10" },
      ipp: { value: "IPP-0001", oid: "1.2.250.1.999.1" },
      familyName: "PATIENT",
      givenName: "ALICE",
      birthDate: "19600512",
      sex: "F",
    },
    requests: [{ accession: { value: "A1", oid: "1.2.250.1.999.2" } }],
    actName: "Scanner cardiaque",
    institution: { name: "Centre d'imagerie", id: "880000001" },
    manufacturer: "DRIMbox",
    retrieveBase: "https://box.example.fr/dicom-web-rs",
    timeZone: "Europe/Paris",
    createdAt: new Date("2026-01-15T11:00:00Z"),
    version: 1,
  };
}
