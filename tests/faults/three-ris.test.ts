/**
 * Three RIS speak at once, each in pieces of its own making, rubbish in between: every report is published for its own
 * patient, and what is wrong touches nothing.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Framer, frame } from "../../appliance/hl7/index.ts";
import { readManifest } from "../../appliance/kos/index.ts";
import { buildCda, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { images, order, person, recordOf, reportMessage } from "./people.ts";
import { eventually, manifestsOf, openPractice, type Practice } from "./practice.ts";
import { createRandom } from "./random.ts";

const random = createRandom();
const RIS = 3;
/** Reports of each RIS, and the one of its messages of which every byte is a segment of its own. */
const REPORTS = 24;
const BYTE_BY_BYTE = 5;
/** An acknowledgement takes no longer. */
const ACK_MS = 20_000;

let practice: Practice;
beforeAll(async () => {
  practice = await openPractice();
});
afterAll(() => practice[Symbol.asyncDispose]());

/** One connection that sends what it is told in pieces, and reads the acknowledgements. */
class Speaker {
  readonly #socket: Socket;
  readonly #framer = new Framer(1_000_000);
  readonly #acks: string[] = [];

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => {
      for (const event of this.#framer.push(chunk)) {
        if (event.kind === "message") this.#acks.push(event.bytes.toString("utf8"));
      }
    });
  }

  /** Sends `bytes` cut at `cuts`; the other speakers have their turn between two pieces. */
  async say(bytes: Buffer, cuts: Iterable<number>): Promise<void> {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      if (!this.#socket.write(bytes.subarray(from, to))) await once(this.#socket, "drain");
      from = to;
      await new Promise(setImmediate);
    }
  }

  async ack(): Promise<string> {
    await eventually(() => this.#acks.length > 0, "an acknowledgement", ACK_MS);
    return this.#acks.shift() as string;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Three or four cuts at random, or one at each byte. */
function cutsOf(length: number, everywhere = false): number[] {
  if (everywhere) return Array.from({ length: length - 1 }, (_, index) => index + 1);
  return [1, 2, 3, 4].map(() => Math.floor(random.between(1, length))).sort((a, b) => a - b);
}

interface Expected {
  readonly record: string;
  readonly matricule: string;
  readonly accession: string;
  readonly study: ReturnType<typeof order>;
}

/** A message that must be refused; it names a study that no right message names. */
function badMessage(kind: number, name: string): { bytes: Buffer; study: ReturnType<typeof order> } {
  const patient = person(900_000 + kind);
  const study = order(`bad-${name}`);
  const right = (options: Parameters<typeof reportMessage>[3] = {}) => reportMessage(patient, [study], name, options);
  const cda = buildCda(sandboxReport({ studies: [study] }));
  const messages = [
    () => right().subarray(0, 3000),
    () => right({ fields: { "MSH-9": "ADT^A01^ADT_A01" } }),
    () => right({ without: ["PID"] }),
    () => right({ cda: cda.subarray(0, cda.length / 2) }),
    () => right({ cda: Buffer.from("nothing of the kind") }),
    () => right({ fields: { "ORC-1": "CA" } }),
  ];
  return { bytes: (messages[kind % messages.length] as () => Buffer)(), study };
}

it(`keeps three RIS apart (SEED=${random.seed})`, async () => {
  const expected: Expected[] = [];
  const refused: ReturnType<typeof order>[] = [];

  async function speak(ris: number): Promise<void> {
    const speaker = new Speaker(practice.site.box.addresses.hl7.port);
    for (let number = 1; number <= REPORTS; number++) {
      const name = `R${ris}-${number}`;
      const patient = person(ris * 1000 + number);
      const study = order(name);
      practice.pacs.add(images(patient, study));
      expected.push({
        record: recordOf(patient),
        matricule: patient.ins.matricule,
        accession: study.accession.extension,
        study,
      });
      if (number % 4 === 0) {
        // It begins a message, thinks better of it, and begins another on the same connection.
        const abandoned = order(`${name}-abandoned`);
        refused.push(abandoned);
        await speaker.say(
          frame(reportMessage(person(800_000 + number), [abandoned], "ABANDONED")).subarray(0, 5000),
          [],
        );
      }
      const right = frame(reportMessage(patient, [study], name, { family: number % 2 === 0 ? "MDM" : "ORU" }));
      await speaker.say(right, cutsOf(right.length, number === BYTE_BY_BYTE + ris));
      // As fast as it can: the answers come in the order of the messages.
      if (number % 3 === 0) {
        const bad = badMessage(number / 3, `${name}-bad`);
        refused.push(bad.study);
        const bytes = frame(bad.bytes);
        await speaker.say(bytes, cutsOf(bytes.length));
        expect(await speaker.ack()).toContain(`\rMSA|AA|${name}\r`);
        expect(await speaker.ack()).toContain(`\rMSA|AE|${name}-bad\r`);
      } else expect(await speaker.ack()).toContain(`\rMSA|AA|${name}\r`);
    }
    speaker.close();
  }

  await Promise.all(Array.from({ length: RIS }, (_, ris) => speak(ris + 1)));
  const { dmp } = practice.site;
  const manifests = () => dmp.documents().filter(({ kind }) => kind === "manifest");
  await eventually(() => manifests().length >= expected.length, "all are published");
  expect(manifests()).toHaveLength(RIS * REPORTS);

  for (const { study, record, matricule, accession } of expected) {
    const [document, ...others] = manifestsOf(dmp, study);
    expect(others).toEqual([]);
    expect(document?.patientId).toBe(record);
    expect(document?.metadata).toContain(accession);
    expect(document?.metadata.match(/2850399\d{8}/g)?.every((ins) => ins === matricule)).toBe(true);
    const { patientID, accessionNumbers, studies } = readManifest(document?.content as Buffer);
    expect({ patientID, accessionNumbers, studies: studies.map((one) => one.studyInstanceUID) }).toEqual({
      patientID: matricule,
      accessionNumbers: [accession],
      studies: [study.studyInstanceUID],
    });
  }
  const { exams } = JSON.parse((await practice.site.api("GET", "/exams?limit=500")).toString()) as {
    exams: { studyInstanceUID: string; state: string }[];
  };
  expect(exams).toHaveLength(expected.length);
  expect(exams.filter(({ state }) => state !== "published")).toEqual([]);
  for (const { studyInstanceUID } of refused) {
    expect(exams.some((exam) => exam.studyInstanceUID === studyInstanceUID)).toBe(false);
  }
  expect(practice.errors()).toEqual([]);
});
