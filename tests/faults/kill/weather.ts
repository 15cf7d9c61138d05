/** Everything outside the box misbehaves, each at its own times, and is well again in the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { acceptFrom, createServer, type DicomServer, StudyRoot, statusFault } from "../../../appliance/dimse/index.ts";
import { asFault, FAULT_KINDS, type Fault, type FaultSwitch } from "../../../scripts/sandbox/dmp/faults.ts";
import { EXPLICIT } from "../../support/dimse.ts";
import type { End, Line } from "../line.ts";
import type { Random } from "../random.ts";
import type { SmallDisk } from "./disk.ts";

/** Beyond the box's patience, so that it has given up when the answer comes. */
const SLOW_MS = 1500;
/** Every fault of the stand-in: none of them is one that a person must mend. */
const RECORD_FAULTS = Object.keys(FAULT_KINDS).map((kind) => asFault({ kind, ms: SLOW_MS })) as [Fault, ...Fault[]];

/** PS3.4 C.4.1.1.4: out of resources, unable to process. */
const FIND_FAILURES = [0xa700, 0xc001];

/** PACS of that title that answer every query with a status of failure, and one that knows us under no such name. */
export async function failingPacs(aeTitle: string): Promise<{ readonly ends: readonly End[] } & AsyncDisposable> {
  const servers: DicomServer[] = [];
  const listen = (title: string, status: number): Promise<End> => {
    const server = createServer({
      aeTitles: [title],
      allow: { callingAETitles: "any", addresses: ["127.0.0.1"] },
      acceptContext: acceptFrom(new Map([[StudyRoot.find, [EXPLICIT]]])),
      limits: { drain: 100 },
      handlers: {
        async *find() {
          yield* [];
          throw statusFault("C-FIND", status);
        },
      },
    });
    servers.push(server);
    return server.listen(0, "127.0.0.1");
  };
  const ends = await Promise.all([listen("STRANGER", 0), ...FIND_FAILURES.map((status) => listen(aeTitle, status))]);
  return {
    ends,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** The record: a fault most of the time. */
export async function recordWeather(faults: FaultSwitch, dice: Random, enough: AbortSignal): Promise<void> {
  while (!enough.aborted) {
    if (dice.chance(0.4)) faults.clear();
    else faults.always(dice.pick(RECORD_FAULTS));
    await sleep(dice.between(100, 1500));
  }
  faults.clear();
}

/** The PACS: well, then away in one way or another. */
export async function pacsWeather(
  line: Line,
  { well, ill }: { readonly well: End & { readonly port: number }; readonly ill: readonly End[] },
  dice: Random,
  enough: AbortSignal,
): Promise<void> {
  while (!enough.aborted) {
    await sleep(dice.between(500, 3000));
    const cut: End = { port: well.port, cutAfter: Math.round(dice.between(1, 2000)) };
    await line.leadTo(dice.pick<End>(["off", "mute", cut, ...ill]));
    await sleep(dice.between(100, 1500));
    await line.leadTo(well);
  }
}

/** The disk: full now and then, to the last byte or nearly. */
export async function diskWeather(disk: SmallDisk, dice: Random, enough: AbortSignal): Promise<void> {
  while (!enough.aborted) {
    await sleep(dice.between(1500, 6000));
    disk.fill(dice.pick([0, dice.between(0, 300_000)]));
    await sleep(dice.between(200, 2000));
    disk.free();
  }
}
