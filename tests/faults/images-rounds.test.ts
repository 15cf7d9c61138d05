/**
 * Fifty patients at the same time, through the whole box: asked for over mutual TLS, had from PACS that send by C-GET, and by
 * C-MOVE with the images of all moves mixed over two associations. Each gets his own images, with his own INS, and nothing else
 * of them is altered.
 */
import { Agent } from "node:https";
import { afterAll, beforeAll, expect, it } from "vitest";
import { converted } from "../../scripts/sandbox/pacs/behaviour.ts";
import { arrived, digestOf } from "../images/support.ts";
import { readParts } from "../support/multipart.ts";
import { type ImageSite, LE, openImageSite, type Published } from "./images-site.ts";

/** 1,000 in a nightly run. */
const ROUNDS = Number(process.env.IMAGE_ROUNDS ?? 3);
const PATIENTS = 50;
/** So many take turns that what the cache of a megabyte holds is never what is asked for next: all of it comes from the PACS. */
const GROUPS = Math.min(ROUNDS, 4);
/** One in so many is asked for in two syntaxes at the same time. */
const TWICE = 5;
const JPEG_LS = "1.2.840.10008.1.2.4.80";

const MIXING = { shares: 2, pause: 1, convertsTo: [JPEG_LS] };
const PATIENT = { timeoutSeconds: 30, mostAssociations: 8 };

let site: ImageSite;
const groups: Published[][] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 100 });

beforeAll(async () => {
  site = await openImageSite({
    archives: {
      get: { retrieve: ["c-get"], ...PATIENT, behaviour: { convertsTo: [JPEG_LS] } },
      named: { retrieve: ["c-move"], moveOriginator: true, ...PATIENT, behaviour: MIXING },
      unnamed: { retrieve: ["c-move"], ...PATIENT, behaviour: { ...MIXING, namesMoves: false } },
    },
    images: { concurrent: 100, concurrentPerPeer: 100, cacheMegabytes: 1 },
  });
  const series = [{ kind: "CT", images: 3, size: 32 }] as const;
  for (let group = 0; group < GROUPS; group++) {
    const publishing = Array.from({ length: PATIENTS }, (_, index) =>
      site.publish(["get", "named", "unnamed"][index % 3] ?? "", { series }),
    );
    groups.push(await Promise.all(publishing));
  }
}, 300_000);
afterAll(async () => {
  agent.destroy();
  await site[Symbol.asyncDispose]();
});

/** What must arrive of an exam in a syntax. */
function source({ study, patient }: Published, syntax: string) {
  return study.instances.map((instance) => ({
    name: instance.sopInstanceUID,
    ins: patient.ins.matricule,
    digest: digestOf(converted(instance, syntax), syntax),
    syntax,
  }));
}

async function received(one: Published, syntax: string) {
  const accept = `multipart/related; type="application/dicom"; transfer-syntax=${syntax}`;
  const { end, contentType, body } = await site.ask(one, { headers: { accept }, agent });
  if (end !== "whole") throw new Error(`${end} ${body.toString("latin1", 0, 200)}`);
  const order = new Map(one.study.instances.map(({ sopInstanceUID }, index) => [sopInstanceUID, index]));
  const files = readParts(contentType, body).parts.map((part) => arrived(part.body));
  return files.toSorted((first, second) => (order.get(first.name) ?? 0) - (order.get(second.name) ?? 0));
}

it(`each of ${PATIENTS} patients receives his own images, with his own INS (${ROUNDS} rounds)`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const asked = (groups[round % GROUPS] ?? []).flatMap((one, index) =>
      (index % TWICE === 0 ? [LE, JPEG_LS] : [LE]).map((syntax) => ({ one, syntax })),
    );
    const all = await Promise.all(asked.map(({ one, syntax }) => received(one, syntax)));
    expect(all).toEqual(asked.map(({ one, syntax }) => source(one, syntax)));
  }
  // All of it came from the PACS, each time.
  const retrieves = Object.values(site.archives).reduce((sum, { pacs }) => sum + pacs.retrieves, 0);
  expect(retrieves).toBeGreaterThanOrEqual(ROUNDS * PATIENTS * (1 + 1 / TWICE));
}, 3_600_000);
