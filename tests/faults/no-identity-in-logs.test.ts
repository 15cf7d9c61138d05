/**
 * The box, as its own process and at its most talkative, does everything it can do for patients whose traits nobody else
 * has. None of them may be found in the log, on standard error, in the metrics or in the health checks.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { derivedUID } from "../../appliance/dicom/index.ts";
import { acceptFrom, createServer, type DicomServer, StudyRoot, statusFault } from "../../appliance/dimse/index.ts";
import { sendMllp } from "../../appliance/hl7/index.ts";
import type { Fault } from "../../scripts/sandbox/dmp/index.ts";
import { buildCda, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { freePort } from "../support/dicom-peers.ts";
import { EXPLICIT } from "../support/dimse.ts";
import { BoxProcess } from "./box-process.ts";
import { Line } from "./line.ts";
import { images, recordOf, reportMessage } from "./people.ts";
import { type Case, eventually, openPractice, type Practice } from "./practice.ts";
import { createRandom, type Random } from "./random.ts";

/** Messages damaged at random. */
const DAMAGED = 300;

describe("what the box tells the technician", () => {
  const random = createRandom();
  const cases: Case[] = [];
  let practice: Practice;
  let line: Line;
  let gossip: DicomServer;
  let gossipPort: number;
  let box: BoxProcess;
  let hl7: { host: string; port: number };
  let health: string;

  beforeAll(async () => {
    line = new Line();
    await line.leadTo("mute");
    const [port, administration] = [await freePort(), await freePort()];
    hl7 = { host: "127.0.0.1", port };
    health = `http://127.0.0.1:${administration}`;
    practice = await openPractice({
      pacs: { host: "127.0.0.1", port: line.port, aeTitle: "PACS", timeoutSeconds: 0.5 },
      settings: { hl7: { port }, administration: { port: administration }, log: { level: "debug" } },
    });
    // A PACS that fails, and names the patient in its error comment.
    gossip = createServer({
      aeTitles: ["PACS"],
      allow: { callingAETitles: "any", addresses: ["127.0.0.1"] },
      acceptContext: acceptFrom(new Map([[StudyRoot.find, [EXPLICIT]]])),
      limits: { drain: 100 },
      handlers: {
        async *find() {
          yield* [];
          const { usedFamily, usedGiven } = newest().patient;
          throw statusFault("C-FIND", 0xc001, { comment: `${usedFamily}^${usedGiven}` });
        },
      },
    });
    ({ port: gossipPort } = await gossip.listen(0, "127.0.0.1"));
    await line.leadTo(practice.pacs);
    await practice.release();
    box = new BoxProcess(practice.configuration);
    await eventually(() => box.output.includes('"box started"'), "the box starts");
  });
  afterAll(async () => {
    await box?.end("SIGKILL");
    await practice[Symbol.asyncDispose]();
    await line.leadTo("off");
    await gossip.close();
  });

  const newest = () => cases.at(-1) as Case;

  function newCase(filed?: Parameters<typeof images>[2]): Case {
    const one = practice.newCase();
    cases.push(one);
    practice.pacs.add(images(one.patient, one.study, filed));
    return one;
  }

  async function send(one: Case, options: Parameters<typeof reportMessage>[3] = {}): Promise<string> {
    return sendBytes(reportMessage(one.patient, [one.study], one.name, options));
  }

  async function sendBytes(bytes: Buffer): Promise<string> {
    return (await sendMllp(hl7, bytes)).toString("utf8");
  }

  /** The exam of a new case is in `state` at the end of what `options` make of its report. */
  async function ends(
    state: string,
    options: Parameters<typeof reportMessage>[3] = {},
    one = newCase(),
  ): Promise<void> {
    expect(await send(one, options)).toContain(`\rMSA|AA|${one.name}\r`);
    await practice.reaches(one, state);
  }

  it("publishes", async () => {
    await ends("published");
    await ends("published", { family: "MDM" });
    // Again, and another report of the same exam.
    await send(newest());
    await send(newest(), { controlId: "AGAIN" });
    await send(newest(), { controlId: "ANOTHER", changes: { id: { root: "2.25.4711" } } });
  });

  it("parks", async () => {
    await ends("parked", {}, newCase({ patientID: "IPP-777777" }));
    await ends("parked", {}, newCase({ accessionNumber: "ACC-SOMEBODY" }));
    for (const fields of [
      { "PID-3": "285039999900196^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS" },
      { "PID-5": "QUIDAM^JEAN^^^^^L" },
      { "PID-7": "20010203" },
      { "PID-32": "PROV" },
    ]) {
      await ends("parked", { fields });
      await practice.retry(newest());
      await practice.reaches(newest(), "parked");
    }
    // Two patients claim one study.
    await ends("parked", { fields: { "PID-32": "PROV" } });
    const { study } = newest();
    const other = newCase();
    await sendBytes(reportMessage(other.patient, [study], "CLAIM"));
  });

  it("replaces and withdraws", async () => {
    await ends("published");
    const one = newest();
    const second = { id: { root: `2.25.${cases.length}4712` }, replaces: { root: derivedUID(`report ${one.name}`) } };
    await send(one, { action: "replace", controlId: "SECOND", changes: { ...second, flags: { MASQUE_PS: "Y" } } });
    await eventually(() => practice.site.dmp.history(one.study.studyInstanceUID).length === 2, "it is replaced");
    await practice.reaches(one, "published");
    // A deletion that names another patient than the report.
    const stranger = newCase();
    await send({ ...one, patient: stranger.patient }, { action: "delete", controlId: "THIRD", changes: second });
    await practice.reaches(one, "parked");
    await ends("published");
    await send(newest(), { action: "delete", controlId: "FOURTH" });
    await practice.reaches(newest(), "closed");
  });

  it("closes what is not for the DMP", () => ends("closed", { changes: { flags: { DESTDMP: "N" } } }));

  it("meets each failure of the DMP", async () => {
    const { dmp } = practice.site;
    const later: Fault[] = [
      { kind: "silent" },
      { kind: "reset" },
      { kind: "http500" },
      { kind: "http503" },
      { kind: "soapFault" },
      { kind: "garbage" },
      { kind: "registryError" },
      { kind: "acceptThenReset" },
      { kind: "successWithWarnings" },
    ];
    for (const fault of later) {
      dmp.faults.next(fault);
      await ends("published");
    }
    const one = newCase();
    dmp.unknownPatients.add(recordOf(one.patient));
    await ends("parked", {}, one);
    const { patient, study } = newCase();
    // A registry that names the patient in its error code.
    dmp.faults.next({
      kind: "registryError",
      code: `XDSUnknownPatientId ${patient.ins.matricule} ${patient.usedFamily}`,
    });
    await ends("parked", {}, { patient, study, name: newest().name });
  });

  it("meets each failure of the PACS", async () => {
    for (const end of ["off", "mute", { port: practice.pacs.port, cutAfter: 300 }, { port: gossipPort }] as const) {
      await line.leadTo(end);
      const one = newCase();
      expect(await send(one)).toContain("\rMSA|AA|");
      await eventually(
        async () => (await practice.exam(one)).timeline.some(({ kind }) => kind === "fault"),
        "a fault of the PACS",
      );
      await line.leadTo(practice.pacs);
      await practice.reaches(one, "published");
    }
  });

  it("refuses", async () => {
    const one = newCase();
    const right = reportMessage(one.patient, [one.study], one.name);
    const cda = buildCda(sandboxReport({ patient: one.patient, studies: [one.study] }));
    const wrong = [
      right.subarray(0, 2000),
      Buffer.from(right.toString().replace(/^MSH/, "XSH")),
      ...[{ "MSH-9": "ADT^A01^ADT_A01" }, { "MSH-12": "9.9" }, { "OBX-5": one.patient.birthFamily }].map((fields) =>
        reportMessage(one.patient, [one.study], one.name, { fields }),
      ),
      reportMessage(one.patient, [one.study], one.name, { without: ["PID"] }),
      reportMessage(one.patient, [one.study], one.name, { fields: { "ORC-1": "CA" } }),
      reportMessage(one.patient, [one.study], one.name, { cda: cda.subarray(0, cda.length / 2) }),
      reportMessage(one.patient, [], one.name),
    ];
    for (const bytes of wrong) expect(await sendBytes(bytes)).toMatch(/\rMSA\|AE\|/);
  });

  it(`takes ${DAMAGED} damaged messages (SEED=${random.seed})`, async () => {
    for (let number = 0; number < DAMAGED; number++) {
      const one = number % 20 === 0 ? newCase() : newest();
      const { patient, study } = one;
      const name = `DAMAGED-${number}`;
      const cda = damage(
        buildCda(sandboxReport({ patient, studies: [study], id: { root: `2.25.${number + 1}` } })),
        random,
      );
      const message = reportMessage(patient, [study], name, random.chance(0.5) ? { cda } : {});
      await sendBytes(random.chance(0.5) ? damage(message, random) : message);
    }
  });

  it("tells none of it", async () => {
    const read = async (path: string) => (await fetch(health + path)).text();
    const told = [await read("/metrics"), await read("/health/ready"), box.output].join("\n");
    await practice.site.api("GET", "/status");
    expect(await box.end("SIGTERM")).toBe("0");
    expect(box.complaints).toBe("");
    const expected = [
      "published",
      "refused",
      "doubted",
      "retried",
      "PACS_FAILED",
      "DMP_PATIENT_UNKNOWN",
      "HL7_",
      "CDA_",
    ];
    expect(expected.filter((word) => !told.includes(word))).toEqual([]);

    // The digits of a UID are nobody's.
    const text = told.replaceAll(/\b[0-2](\.\d+){3,}/g, "UID").toUpperCase();
    const found = cases.flatMap(traitsOf).filter((trait) => text.includes(trait.toUpperCase()));
    expect([...new Set(found)]).toEqual([]);
    const others = ["QUIDAM", "20010203", "285039999900196", "IPP-777777", "ACC-SOMEBODY", "VÉLIN"];
    expect(others.filter((trait) => text.includes(trait))).toEqual([]);
  });
});

/** Everything by which a patient or an order may be known, in the forms in which it travels. */
function traitsOf({ patient, study }: Case): string[] {
  const { ins, ipp, birthFamily, birthGiven, usedFamily, usedGiven, birthDate } = patient;
  const names = [birthFamily, birthGiven, usedFamily ?? birthFamily, usedGiven ?? birthGiven];
  const dates = [birthDate, birthDate.replace(/(....)(..)(..)/, "$1-$2-$3")];
  return [
    ins.matricule,
    ins.matricule.slice(0, 13),
    ipp,
    ...names,
    ...dates,
    study.accession.extension,
    study.order.extension,
  ];
}

/** Bytes replaced, repeated, removed or cut off. */
function damage(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random.between(0, bytes.length));
  const length = Math.floor(random.between(1, 60));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  return random.pick([
    () => before,
    () => Buffer.concat([before, after]),
    () => Buffer.concat([before, part, part, after]),
    () => Buffer.concat([before, Buffer.from(random.pick(["|", "^", "&", "~", "<", "\u0000", "é", "\r"])), after]),
  ])();
}
