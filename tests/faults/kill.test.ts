/**
 * The box is killed (SIGKILL) at random moments while patients live through all that may happen to a report and its
 * images, and while the record, the PACS and the disk fail by turns. Whatever was acknowledged is done at the end, once.
 * `KILLS` and `SEED` in the environment choose more kills, or the same dice again.
 */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendNote } from "../../scripts/sandbox/pacs/iocm.ts";
import type { WrittenNote } from "../../scripts/sandbox/rejection-note.ts";
import { freePort } from "../support/dicom-peers.ts";
import { BoxProcess } from "./box-process.ts";
import { allDone, backlog, type Watch } from "./kill/backlog.ts";
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
const SENDERS = 8;
const random = createRandom();

/** A moment that does not come is not waited for any longer. */
const LONGEST_WAIT_MS = 1_000;
/** A box that was asked to stop has answered what it had in hand, and is gone. */
const LONGEST_STOP_MS = 8_000;
/** Nobody waits longer for the record to hold something: the next thing happens. */
const LONGEST_REST_MS = 20_000;
/** Looks at what was published, each some seconds after the one before. */
const RECHECK_HOURS = [0.0008, 0.001, 0.0015];

describe(`a box that is killed ${KILLS} times under load (SEED=${random.seed}${disksArePossible ? "" : "; no full disk: unshare may not mount"})`, () => {
  /** Control ids of messages, SOP Instance UIDs of notes. */
  const acknowledged: string[] = [];
  const lives: Life[] = [];
  /** Kills by the moment at which they came. */
  const kills: Partial<Record<Moment, number>> = {};
  /** Boxes that a full disk ended. */
  let ended = 0;
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
      if (planned === "any time" || planned === "stopping") await sleep(random.between(0, LONGEST_WAIT_MS));
      else if (!(await within(planned, random.chance(0.5) ? 0 : random.between(0, 40), box))) moment = "any time";
    }
    happened = () => {};
    // It may say so and end when the disk leaves it no way to go on: whoever runs it starts it again.
    const excused = disk?.wasFullSince(born) === true;
    const ending = moment === "stopping" ? await stop(box) : await box.end("SIGKILL");
    if (ending === "1" && excused) {
      expect(box.complaints).toContain("[STORE_FULL]");
      ended += 1;
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
    const known = new Set<string>();
    const acknowledge = (id: string) => {
      // A message that was sent again is the same message.
      if (!known.has(id)) acknowledged.push(id);
      known.add(id);
      happened("acknowledged");
    };
    const around: Surroundings = {
      archive: practice.pacs,
      async deliver(message, controlId) {
        const answer = await ris.deliver(message, controlId);
        acknowledge(controlId);
        return answer;
      },
      async tell(written) {
        await tellOf(written);
        acknowledge(written.sopInstanceUID);
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

  async function holds(wanted: readonly Wanted[]): Promise<boolean> {
    const right = ({ studyInstanceUID, manifest }: Wanted) =>
      isDeepStrictEqual(held(practice.site.dmp, studyInstanceUID), manifest === undefined ? [] : [manifest]);
    const began = performance.now();
    while (performance.now() - began < LONGEST_REST_MS) {
      if (wanted.every(right)) return true;
      await sleep(10);
    }
    return false;
  }

  const socket = () => {
    const { api } = practice.site.box.addresses;
    return disk?.seen(api) ?? api;
  };

  /** The box of now; it looks on for images that were all rejected, for others may come. */
  function watch(): Watch {
    const awaited = new Set(
      lives.flatMap((life) => life.wanted().flatMap((one) => (one.awaited ? one.studyInstanceUID : []))),
    );
    const holdsNone = (study: string) => held(practice.site.dmp, study).length === 0;
    // As long as it is unsure of the record, there is something to do.
    const rests: Watch["rests"] = ({ state, record, studyInstanceUID: study }) =>
      state === "searching" && record === "absent" && awaited.has(study) && holdsNone(study);
    return { socketPath: socket(), rests };
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
      const waiting = await backlog(watch());
      await allDone(watch());
      await operator.all();
      await allDone(watch());
      expect([await box.end("SIGTERM"), box.complaints]).toEqual(["0", ""]);
      disk?.copyBack();

      const wanted = lives.flatMap((life) => life.wanted());
      const database = join(dataFolder(), "box.db");
      checkRecord(practice.site.dmp, wanted);
      checkDatabase(database, practice.site.dmp, { acknowledged, wanted });
      await checkTrail(database);
      const acts = tally(lives.flatMap(({ story }) => story));
      const repetitions = sent.reduce((sum, one) => sum + one, 0);
      console.info(
        `${KILLS} kills in ${Math.round((Date.now() - began) / 1000)} s: ${lives.length} patients, ${wanted.length} studies, ` +
          `${acknowledged.length} messages and notes acknowledged (messages in ${repetitions} sendings), ` +
          `${practice.site.dmp.submissions().length} changes of the record in ${practice.site.dmp.counts().repository} exchanges, ` +
          `${waiting.length} things waited after the last kill; the disk was full ${disk?.fills ?? 0} times and ended ${ended} boxes; ` +
          `lived ${JSON.stringify(acts)}; tools ${JSON.stringify(begun)}; killed ${JSON.stringify(kills)}`,
      );
    },
    120_000 + KILLS * 8_000,
  );
});

function tally(names: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(names, (name) => name);
  return Object.fromEntries([...groups].map(([name, { length }]) => [name, length]));
}
