/**
 * The box is killed (SIGKILL) at random moments while patients live through all that may happen to a report and its
 * images, and while the record, the PACS and the disk fail by turns. Whatever was acknowledged is done at the end, once.
 * `KILLS` and `SEED` in the environment choose more kills, or the same dice again.
 */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Counts, Job } from "../../appliance/store/index.ts";
import { callApi, type ExamFacts } from "../../scripts/lib/local-api.ts";
import { sendNote } from "../../scripts/sandbox/pacs/iocm.ts";
import type { WrittenNote } from "../../scripts/sandbox/rejection-note.ts";
import { freePort } from "../support/dicom-peers.ts";
import { BoxProcess } from "./box-process.ts";
import { disksArePossible, SmallDisk } from "./kill/disk.ts";
import { Life, type Surroundings } from "./kill/life.ts";
import { MOMENTS, type Moment, momentOf, momentOfExchange } from "./kill/moments.ts";
import { held, type Wanted } from "./kill/record.ts";
import { operatorAt } from "./kill/tools.ts";
import { checkDatabase, checkRecord, checkTrail } from "./kill/verdict.ts";
import { diskWeather, failingPacs, pacsWeather, recordWeather } from "./kill/weather.ts";
import { Line } from "./line.ts";
import { eventually, openPractice, type Practice } from "./practice.ts";
import { createRandom, type Random } from "./random.ts";
import { Ris } from "./ris.ts";

const KILLS = Number(process.env.KILLS ?? 60);
const SENDERS = 6;
const random = createRandom();

/** A moment that does not come is not waited for any longer. */
const LONGEST_WAIT_MS = 1_500;
/** A box that was asked to stop has answered what it had in hand, and is gone. */
const LONGEST_STOP_MS = 8_000;
/** What a sender waits for may have to wait for several boxes and the end of a fault. */
const LONGEST_PATIENCE_MS = 180_000;
/** All causes are over: something of what waits gets done in this time. */
const PATIENCE_MS = 60_000;
/** Looks at what was published, each some seconds after the one before. */
const RECHECK_HOURS = [0.0008, 0.001, 0.0015];

describe(`a box that is killed ${KILLS} times under load (SEED=${random.seed}${disksArePossible ? "" : "; no full disk: unshare may not mount"})`, () => {
  /** Control ids of messages, SOP Instance UIDs of notes. */
  const acknowledged: string[] = [];
  const lives: Life[] = [];
  /** Kills by the moment at which they came. */
  const kills: Partial<Record<Moment, number>> = {};
  /** Told of the moments at which a kill is worth most; the one waited for is armed. */
  let happened: (moment: Moment | undefined) => void = () => {};
  let practice: Practice;
  let line: Line;
  let disk: SmallDisk | undefined;
  let ports: { readonly hl7: number; readonly notes: number };

  beforeAll(async () => {
    ports = { hl7: await freePort(), notes: await freePort() };
    line = new Line();
    await line.leadTo("mute");
    practice = await openPractice({
      pacs: { host: "127.0.0.1", port: line.port, aeTitle: "PACS", timeoutSeconds: 0.5 },
      settings: {
        hl7: { port: ports.hl7 },
        rejectionNotes: { host: "127.0.0.1", port: ports.notes, senders: [{ aeTitle: "PACS", address: "127.0.0.1" }] },
        source: { recheckHours: RECHECK_HOURS },
      },
      onExchange: ({ body }, answer) => happened(momentOfExchange(body, answer.body)),
    });
    await line.leadTo(practice.pacs);
    await practice.release();
    if (disksArePossible) disk = await SmallDisk.over(dataFolder());
  });
  afterAll(async () => {
    await practice[Symbol.asyncDispose]();
    await line.leadTo("off");
    await disk?.[Symbol.asyncDispose]();
  });

  const dataFolder = () => join(dirname(practice.configuration), "box");

  const start = () => {
    const box = new BoxProcess(practice.configuration, disk?.launcher);
    box.onLine = (entry) => happened(momentOf(entry));
    return box;
  };

  /** Runs a box and kills it. A box that ends by itself has crashed; one that was asked to stop may be done before. */
  async function liveAndDie(planned: Moment): Promise<void> {
    const born = performance.now();
    await using box = start();
    let moment = planned;
    if (planned === "starting") await sleep(random.between(0, 1200));
    else {
      await eventually(() => !box.running || box.output.includes('"box started"'), "the box starts");
      if (planned === "any time" || planned === "stopping") await sleep(random.between(0, 1500));
      else if (!(await within(planned, random.chance(0.5) ? 0 : random.between(0, 40), box))) moment = "any time";
    }
    happened = () => {};
    // It may say so and end when the disk leaves it no way to go on: whoever runs it starts it again.
    const excused = disk?.wasFullSince(born) === true;
    const ending = moment === "stopping" ? await stop(box) : await box.end("SIGKILL");
    if (ending === "1" && excused) {
      expect(box.complaints).toContain("[STORE_FULL]");
      return;
    }
    expect(moment === "stopping" ? ["0", "SIGKILL"] : ["SIGKILL"], box.complaints).toContain(ending);
    expect(box.complaints).toBe("");
    kills[moment] = (kills[moment] ?? 0) + 1;
  }

  /** Asks it to stop, and kills it when it has had its time, or some of it. */
  async function stop(box: BoxProcess): Promise<string> {
    const patience = random.pick([LONGEST_STOP_MS, random.between(0, 400)]);
    await Promise.race([box.end("SIGTERM"), sleep(patience)]);
    const ending = await box.end("SIGKILL");
    if (patience === LONGEST_STOP_MS) expect(ending, "it ends by itself").not.toBe("SIGKILL");
    return ending;
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

  /** Patients one after the other, until `enough`; gives how many messages were sent, repetitions included. */
  async function send(sender: number, enough: AbortSignal, dice: Random): Promise<number> {
    const ris = new Ris({ host: "127.0.0.1", port: ports.hl7 });
    const note = (id: string) => {
      acknowledged.push(id);
      happened("acknowledged");
    };
    const known = new Set<string>();
    const around: Surroundings = {
      archive: practice.pacs,
      async deliver(message, controlId) {
        const answer = await ris.deliver(message, controlId);
        if (!known.has(controlId)) note(controlId);
        known.add(controlId);
        return answer;
      },
      async tell(written) {
        await tellOf(written);
        note(written.sopInstanceUID);
      },
      holds,
    };
    for (let number = 1; !enough.aborted; number++) {
      const life = new Life(sender * 50_000 + number, around, dice);
      lives.push(life);
      await life.live();
      await sleep(dice.between(50, 600));
    }
    await ris.close();
    return ris.sent;
  }

  /** As a PACS does: the same note until the answer is success. */
  async function tellOf(note: WrittenNote): Promise<void> {
    const to = { host: "127.0.0.1", port: ports.notes, aeTitle: "DRIMBOX" };
    while ((await sendNote(note, to, "PACS").catch(() => undefined)) !== 0) await sleep(60);
  }

  async function holds(wanted: readonly Wanted[]): Promise<void> {
    const right = ({ studyInstanceUID, manifest }: Wanted) =>
      isDeepStrictEqual(held(practice.site.dmp, studyInstanceUID), manifest === undefined ? [] : [manifest]);
    await eventually(() => wanted.every(right), JSON.stringify(wanted), LONGEST_PATIENCE_MS);
  }

  const socket = () => {
    const { api } = practice.site.box.addresses;
    return disk?.seen(api) ?? api;
  };

  /** What the box has still to do: messages to open, jobs, exams to act upon, rechecks that are due later. */
  async function left(): Promise<string[]> {
    const ask = async (path: string): Promise<unknown> => JSON.parse((await callApi(socket(), "GET", path)).toString());
    const { counts } = (await ask("/status")) as { counts: Counts };
    const { jobs } = (await ask("/jobs?limit=500")) as { jobs: Job[] };
    const waiting = [
      ...Array.from({ length: counts.messages.received }, () => "message"),
      ...jobs.filter(({ state }) => state === "running").map(({ kind }) => kind),
    ];
    const wanted = new Map(lives.flatMap((life) => life.wanted()).map((one) => [one.studyInstanceUID, one]));
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const { exams } = (await ask(`/exams?limit=500&before=${before}`)) as { exams: ExamFacts[] };
      const last = exams.at(-1);
      if (last === undefined) return waiting;
      before = last.id;
      for (const { id, state, studyInstanceUID, nextAt } of exams) {
        // Images that were all rejected are looked for: others may come.
        const rests =
          state === "searching" && wanted.get(studyInstanceUID)?.awaited === true && holdsNone(studyInstanceUID);
        if (nextAt !== undefined && !rests) waiting.push(`exam ${id} ${state}`);
      }
    }
  }

  const holdsNone = (studyInstanceUID: string) => held(practice.site.dmp, studyInstanceUID).length === 0;

  async function allDone(): Promise<void> {
    for (let waiting = await left(); waiting.length > 0; ) {
      const { length } = waiting;
      const fewer = async () => {
        waiting = await left();
        return waiting.length < length;
      };
      await eventually(fewer, "one of those that wait gets done", PATIENCE_MS).catch((late: Error) => {
        throw new Error(`${late.message}: ${waiting.join(", ")}`);
      });
    }
  }

  it(
    "has the record hold what it must of every study, once, and knows it",
    async () => {
      const enough = new AbortController();
      const began = Date.now();
      await using ill = await failingPacs("PACS");
      const dice = (number: number) => createRandom(random.seed + number);
      const senders = Promise.all(
        Array.from({ length: SENDERS }, (_, sender) => send(sender + 1, enough.signal, dice(sender + 1))),
      );
      const operator = operatorAt(socket(), join(dirname(practice.configuration), "export"));
      const weather = Promise.all([
        operator.work(dice(14), enough.signal),
        recordWeather(practice.site.dmp.faults, dice(11), enough.signal),
        pacsWeather(line, { well: practice.pacs, ill: ill.ends }, dice(12), enough.signal),
        disk && diskWeather(disk, dice(13), enough.signal),
      ]);
      const killing = async () => {
        while (Object.values(kills).reduce((sum, one) => sum + one, 0) < KILLS) await liveAndDie(random.pick(MOMENTS));
      };
      await Promise.race([killing(), senders, weather]);

      enough.abort();
      const [begun] = await weather;
      await using box = start();
      await eventually(() => !box.running || box.output.includes('"box started"'), "the box starts");
      expect(box.running, box.complaints).toBe(true);
      const sent = await senders;
      const backlog = (await left()).length;
      await allDone();
      await operator.all();
      await allDone();
      expect([await box.end("SIGTERM"), box.complaints]).toEqual(["0", ""]);
      disk?.copyBack();

      const wanted = lives.flatMap((life) => life.wanted());
      const database = join(dataFolder(), "box.db");
      checkRecord(practice.site.dmp, wanted);
      checkDatabase(database, practice.site.dmp, { acknowledged, wanted });
      await checkTrail(database);
      const acts = Object.fromEntries(
        Map.groupBy(
          lives.flatMap(({ story }) => story),
          (act) => act,
        )
          .entries()
          .map(([act, { length }]) => [act, length]),
      );
      console.info(
        `${KILLS} kills in ${Math.round((Date.now() - began) / 1000)} s: ${lives.length} patients, ${wanted.length} studies, ` +
          `${acknowledged.length} messages and notes acknowledged in ${sent.reduce((sum, one) => sum + one, 0)} sendings of messages, ` +
          `${practice.site.dmp.submissions().length} changes of the record in ${practice.site.dmp.counts().repository} exchanges, ` +
          `${backlog} waited after the last kill; lived ${JSON.stringify(acts)}; tools ${JSON.stringify(begun)}; killed ${JSON.stringify(kills)}`,
      );
    },
    120_000 + KILLS * 8_000,
  );
});
