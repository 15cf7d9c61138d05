/** The work of a practice: exams with everything that happens to them, and neighbours that go away in between. */
import { setTimeout as sleep } from "node:timers/promises";
import { derivedUID } from "../appliance/dicom/index.ts";
import { sendMllp } from "../appliance/hl7/index.ts";
import { images, order, person } from "../tests/faults/people.ts";
import type { Dmp } from "./sandbox/dmp/index.ts";
import type { SandboxPacs } from "./sandbox/pacs.ts";
import { SITE } from "./sandbox/pki.ts";
import { TITLES } from "./sandbox/rejection-note.ts";
import { buildOrderMessage, buildReportMessage, nextVersion, samplePdf, sandboxReport } from "./sandbox/ris.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Neighbours {
  readonly hl7: Address;
  readonly notes: Address & { readonly aeTitle: string };
  readonly pacs: () => Pick<SandboxPacs, "add" | "reject">;
}

/** A scanned page or two. */
const PDF_BYTES = 300_000;
/** Between two things that happen to an exam. */
const PAUSE_MS = 3000;

/**
 * What happens to the `number`th exam; gives the messages that were accepted. Of twenty exams: two are ordered beforehand, two have
 * a new version of their report, one loses its report, one is sent twice, one gets images later, one has images rejected,
 * and of one the images belong to another patient.
 */
export async function liveThrough(number: number, { hl7, notes, pacs }: Neighbours): Promise<number> {
  const [patient, study, kind] = [person(number), order(`soak-${number}`), number % 20];
  let messages = 0;
  const send = async (message: Buffer) => {
    const ack = (await sendMllp(hl7, message)).toString("latin1");
    if (!/\rMSA\|AA\|/.test(ack)) throw new Error(ack.replaceAll("\r", "\n"));
    messages += 1;
  };
  const report = sandboxReport({
    id: { root: derivedUID(`soak report ${number}`) },
    setId: { root: derivedUID(`soak set ${number}`) },
    studies: [study],
    structure: { id: SITE.id, name: SITE.name },
    patient,
    pdf: samplePdf("Examen", PDF_BYTES),
  });
  const filed = (count: number, owner = patient) => images(owner, study, { series: [{ kind: "CT", images: count }] });

  if (kind === 1 || kind === 2) await send(buildOrderMessage(report, { controlId: `O${number}` }));
  pacs().add(kind === 3 ? filed(4, person(number + 500_000)) : filed(4));
  const message = buildReportMessage(report, { family: number % 2 === 0 ? "ORU" : "MDM", controlId: `R${number}` });
  await send(message);
  if (kind === 4) await send(message);
  await sleep(PAUSE_MS);
  const changed = { family: "ORU", controlId: `C${number}` } as const;
  if (kind === 5 || kind === 6) await send(buildReportMessage(nextVersion(report), { ...changed, action: "replace" }));
  if (kind === 7) await send(buildReportMessage(report, { ...changed, action: "delete" }));
  if (kind === 8) pacs().add(filed(6));
  if (kind === 9) await pacs().reject(study.studyInstanceUID, { title: TITLES.quality, to: notes });
  return messages;
}

/** Of every five minutes, one and a half without the DMP and one without the PACS. */
const CYCLE_MS = 300_000;
const outages = [
  { from: 60_000, to: 150_000, of: "dmp" },
  { from: 200_000, to: 260_000, of: "pacs" },
] as const;

/** Who is away `elapsedMs` after the start. */
export function awayAt(elapsedMs: number): "dmp" | "pacs" | undefined {
  const within = elapsedMs % CYCLE_MS;
  return outages.find(({ from, to }) => within >= from && within < to)?.of;
}

/** The ways in which a DMP is away, in turn. */
export function takeAway(dmp: Dmp, turn: number): void {
  const kinds = ["http503", "reset", "acceptThenReset", "registryError", "garbage"] as const;
  dmp.faults.always({ kind: kinds[turn % kinds.length] ?? "http503", retryAfterSeconds: 1 });
}
