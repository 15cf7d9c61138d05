/**
 * The box is killed (SIGKILL) at random moments while reports come in and the DMP misbehaves. Whatever was acknowledged
 * is published at the end, once. `KILLS` and `SEED` in the environment choose more kills, or the same ones again.
 */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Counts } from "../../appliance/store/index.ts";
import type { Dmp, Fault } from "../../scripts/sandbox/dmp/index.ts";
import type { SandboxStudy } from "../../scripts/sandbox/ris.ts";
import { freePort } from "../support/dicom-peers.ts";
import { BoxProcess } from "./box-process.ts";
import { images, order, person, recordOf, reportMessage } from "./people.ts";
import { eventually, manifestsOf, openPractice, type Practice } from "./practice.ts";
import { createRandom, type Random } from "./random.ts";
import { Ris } from "./ris.ts";

const KILLS = Number(process.env.KILLS ?? 60);
const SENDERS = 4;
const random = createRandom();

/**
 * When the box is killed: while it starts, at any time, while it stops as it was asked to, or just after something that
 * must not be lost or done twice.
 */
const MOMENTS = [
  "starting",
  "any time",
  "stopping",
  "acknowledged",
  "registered",
  "accepted",
  "opened",
  "prepared",
] as const;
type Moment = (typeof MOMENTS)[number];
/** A moment that does not come is not waited for any longer. */
const LONGEST_WAIT_MS = 3_000;
/** A box that was asked to stop has answered what it had in hand, and is gone. */
const LONGEST_STOP_MS = 8_000;

const WEATHER: readonly [Fault | undefined, ...Fault[]] = [
  undefined,
  { kind: "silent" },
  { kind: "http500" },
  { kind: "soapFault" },
  { kind: "registryError", code: "XDSRegistryBusy" },
  { kind: "reset" },
  { kind: "acceptThenSilent" },
  { kind: "acceptThenReset" },
  { kind: "slow", ms: 1500 },
];

interface Sent {
  readonly controlId: string;
  readonly record: string;
  readonly studies: readonly SandboxStudy[];
}

describe(`a box that is killed ${KILLS} times under load (SEED=${random.seed})`, () => {
  const acknowledged: Sent[] = [];
  /** Kills by the moment at which they came. */
  const kills: Partial<Record<Moment, number>> = {};
  /** Told of the moments at which a kill is worth most; the one waited for is armed. */
  let happened: (moment: Moment) => void = () => {};
  let practice: Practice;
  let dmp: Dmp;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    // Told when something is registered and the answer is not sent yet.
    practice = await openPractice({ settings: { hl7: { port } }, onExchange: () => happened("registered") });
    ({ dmp } = practice.site);
    await practice.release();
  });
  afterAll(() => practice[Symbol.asyncDispose]());

  const start = () => {
    const box = new BoxProcess(practice.configuration);
    box.onLine = ({ msg, event }) => {
      if (msg === "message accepted") happened("accepted");
      else if (msg === "message opened") happened("opened");
      else if (msg === "exam advanced" && event === "prepared") happened("prepared");
    };
    return box;
  };

  /** Runs a box and kills it. A box that ends by itself has crashed; one that was asked to stop may be done before. */
  async function liveAndDie(planned: Moment): Promise<void> {
    await using box = start();
    let moment = planned;
    if (planned === "starting") await sleep(random.between(0, 1200));
    else {
      await answering(box);
      if (planned === "any time" || planned === "stopping") await sleep(random.between(0, 1500));
      else if (!(await within(planned, random.chance(0.5) ? 0 : random.between(0, 40), box))) moment = "any time";
    }
    kills[moment] = (kills[moment] ?? 0) + 1;
    happened = () => {};
    if (moment === "stopping") {
      const patience = random.pick([LONGEST_STOP_MS, random.between(0, 400)]);
      await Promise.race([box.end("SIGTERM"), sleep(patience)]);
      expect(patience === LONGEST_STOP_MS ? ["0"] : ["0", "SIGKILL"]).toContain(await box.end("SIGKILL"));
    } else expect(await box.end("SIGKILL"), box.complaints).toBe("SIGKILL");
    expect(box.complaints).toBe("");
  }

  /** Strikes `ms` after the next such moment: for 0, before anything else can happen. False when it does not come. */
  function within(moment: Moment, ms: number, box: BoxProcess): Promise<boolean> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, LONGEST_WAIT_MS, false);
      happened = (now) => {
        if (now !== moment) return;
        happened = () => {};
        clearTimeout(late);
        if (ms === 0) box.strike();
        setTimeout(resolve, ms, true);
      };
    });
  }

  /** Sends reports one after the other until `enough`; the images are in the PACS before, or a little later. */
  async function send(line: number, enough: AbortSignal, dice: Random): Promise<number> {
    const ris = new Ris({ host: "127.0.0.1", port });
    for (let number = 1; !enough.aborted; number++) {
      const patient = person(line * 100_000 + number);
      const controlId = `RIS${line}-${number}`;
      const count = dice.pick([1, 1, 1, 2, 3]);
      const studies = Array.from({ length: count }, (_, index) => order(`${line}-${number}-${index}`));
      const archive = () => {
        for (const study of studies) practice.pacs.add(images(patient, study));
      };
      if (dice.chance(0.6)) archive();
      else setTimeout(archive, dice.between(20, 1500));
      const message = reportMessage(patient, studies, controlId, { family: dice.pick(["ORU", "MDM"]) });
      const answer = await ris.deliver(message, controlId);
      acknowledged.push({ controlId, record: recordOf(patient), studies });
      happened("acknowledged");
      if (dice.chance(0.2)) expect(await ris.deliver(message, controlId), "the same answer again").toBe(answer);
      await sleep(dice.between(50, 900));
    }
    await ris.close();
    return ris.sent;
  }

  async function changeTheWeather(enough: AbortSignal): Promise<void> {
    while (!enough.aborted) {
      const fault = random.chance(0.4) ? undefined : random.pick(WEATHER);
      if (fault === undefined) dmp.faults.clear();
      else dmp.faults.always(fault);
      await sleep(random.between(100, 1500));
    }
    dmp.faults.clear();
  }

  async function answering(box: BoxProcess): Promise<void> {
    await eventually(() => !box.running || box.output.includes('"box started"'), "the box starts");
    expect(box.running, box.complaints).toBe(true);
  }

  /** What the box has still to do. */
  async function left(): Promise<number> {
    const { counts } = JSON.parse((await practice.site.api("GET", "/status")).toString()) as { counts: Counts };
    return counts.exams.searching + counts.exams.publishing + counts.messages.received;
  }

  it(
    "has published every study of every acknowledged report, once, and knows it",
    async () => {
      const enough = new AbortController();
      const began = Date.now();
      const senders = Promise.all(
        Array.from({ length: SENDERS }, (_, line) => send(line + 1, enough.signal, createRandom(random.seed + line))),
      );
      const weather = changeTheWeather(enough.signal);
      for (let kill = 0; kill < KILLS; kill++) await liveAndDie(random.pick(MOMENTS));

      enough.abort();
      await using box = start();
      await answering(box);
      const sent = await senders;
      await weather;
      const studies = acknowledged.flatMap((message) => message.studies);
      const backlog = await left();
      for (let waiting = await left(); waiting > 0; waiting = await left()) {
        await eventually(async () => (await left()) < waiting, `${waiting} messages and exams wait, and one gets done`);
      }
      expect([await box.end("SIGTERM"), box.complaints]).toEqual(["0", ""]);

      for (const { studies: named, record } of acknowledged) {
        for (const study of named) {
          expect.soft(manifestsOf(dmp, study).map(({ patientId }) => patientId)).toEqual([record]);
        }
      }
      expect(dmp.documents().filter(({ kind }) => kind === "manifest")).toHaveLength(studies.length);
      checkDatabase(studies);
      const seconds = Math.round((Date.now() - began) / 1000);
      const total = sent.reduce((sum, one) => sum + one, 0);
      console.info(
        `${KILLS} kills in ${seconds} s: ${acknowledged.length} messages acknowledged in ${total} sendings, ` +
          `${studies.length} studies published in ${dmp.counts().repository} exchanges, ${backlog} waited after the last kill; ` +
          `killed ${JSON.stringify(kills)}`,
      );
    },
    60_000 + KILLS * 8_000,
  );

  /** What the box believes is what the record has. */
  function checkDatabase(studies: readonly SandboxStudy[]): void {
    const db = new Database(join(dirname(practice.configuration), "box/box.db"), { readonly: true });
    const all = <Row>(sql: string) => db.prepare(sql).all() as Row[];
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(db.pragma("foreign_key_check")).toEqual([]);
    expect(all("SELECT state, count(*) AS n FROM message GROUP BY state")).toEqual([
      { state: "opened", n: acknowledged.length },
    ]);
    expect(all("SELECT state, count(*) AS n FROM exam GROUP BY state")).toEqual([
      { state: "published", n: studies.length },
    ]);

    const published = all<{ study: string; sop: string; manifest: Buffer; state: string }>(
      `SELECT e.study_uid AS study, s.sop_instance_uid AS sop, s.manifest, s.state
         FROM submission s JOIN exam e ON e.id = s.exam_id`,
    );
    expect(published).toHaveLength(studies.length);
    for (const { study, sop, manifest, state } of published) {
      const registered = dmp.documents().find(({ uniqueId }) => uniqueId === sop);
      expect([registered?.studyInstanceUID, state]).toEqual([study, "accepted"]);
      expect(registered?.content.equals(manifest)).toBe(true);
    }

    const lines = all<{ exam: number; kind: string }>("SELECT exam_id AS exam, kind FROM event ORDER BY id");
    for (const [exam, timeline] of Map.groupBy(lines, (line) => line.exam)) {
      const kinds = timeline.map(({ kind }) => kind).filter((kind) => kind !== "fault" && kind !== "absent");
      expect.soft(kinds, `exam ${exam}`).toEqual(["opened", "prepared", "published"]);
      expect.soft([timeline[0]?.kind, timeline.at(-1)?.kind]).toEqual(["opened", "published"]);
    }
    db.close();
  }
});
