/**
 * The DICOM upper layer protocol machine, Table 9-10 of PS3.8 9.2, as data: what happened, in which state, gives
 * what to do and the next state. The layout is that of the standard, so that one can be read against the other.
 */

/**
 * 1 idle, 2 waiting for A-ASSOCIATE-RQ, 3 for the local answer, 4 for the transport, 5 for A-ASSOCIATE-AC or -RJ,
 * 6 established, 7 waiting for A-RELEASE-RP, 8 for the local release, 9 to 12 release collisions, 13 for the close.
 */
export type State = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13;

/** The events, named after the rows of the table. `request`, `response`: primitives of the local user. */
export const EVENTS = {
  "A-ASSOCIATE request": 1,
  "transport connected": 2,
  "A-ASSOCIATE-AC": 3,
  "A-ASSOCIATE-RJ": 4,
  "transport indication": 5,
  "A-ASSOCIATE-RQ": 6,
  "A-ASSOCIATE accept": 7,
  "A-ASSOCIATE reject": 8,
  "P-DATA request": 9,
  "P-DATA-TF": 10,
  "A-RELEASE request": 11,
  "A-RELEASE-RQ": 12,
  "A-RELEASE-RP": 13,
  "A-RELEASE response": 14,
  "A-ABORT request": 15,
  "A-ABORT": 16,
  "transport closed": 17,
  "ARTIM expired": 18,
  "invalid PDU": 19,
} as const;

export type Event = keyof typeof EVENTS;

const ACTIONS = [
  ...(["AE-1", "AE-2", "AE-3", "AE-4", "AE-5", "AE-6", "AE-7", "AE-8", "DT-1", "DT-2"] as const),
  ...(["AR-1", "AR-2", "AR-3", "AR-4", "AR-5", "AR-6", "AR-7", "AR-8", "AR-9", "AR-10"] as const),
  ...(["AA-1", "AA-2", "AA-3", "AA-4", "AA-5", "AA-6", "AA-7", "AA-8"] as const),
] as const;

export type Action = (typeof ACTIONS)[number];

/** `otherwise` is the second next state of AE-6 (request not acceptable) and of AR-8 (we are the acceptor). */
export interface Transition {
  readonly action: Action;
  readonly next: State;
  readonly otherwise?: State;
}

// One row an event, one column a state (Sta1 to Sta13); `action>next`, `.` where the table is empty.
const TABLE_9_10 = `
 1 AE-1>4 .       .       .       .       .       .         .       .       .        .       .       .
 2 .      .       .       AE-2>5  .       .       .         .       .       .        .       .       .
 3 .      AA-1>13 AA-8>13 .       AE-3>6  AA-8>13 AA-8>13   AA-8>13 AA-8>13 AA-8>13  AA-8>13 AA-8>13 AA-6>13
 4 .      AA-1>13 AA-8>13 .       AE-4>1  AA-8>13 AA-8>13   AA-8>13 AA-8>13 AA-8>13  AA-8>13 AA-8>13 AA-6>13
 5 AE-5>2 .       .       .       .       .       .         .       .       .        .       .       .
 6 .      AE-6>3|13 AA-8>13 .     AA-8>13 AA-8>13 AA-8>13   AA-8>13 AA-8>13 AA-8>13  AA-8>13 AA-8>13 AA-7>13
 7 .      .       AE-7>6  .       .       .       .         .       .       .        .       .       .
 8 .      .       AE-8>13 .       .       .       .         .       .       .        .       .       .
 9 .      .       .       .       .       DT-1>6  .         AR-7>8  .       .        .       .       .
10 .      AA-1>13 AA-8>13 .       AA-8>13 DT-2>6  AR-6>7    AA-8>13 AA-8>13 AA-8>13  AA-8>13 AA-8>13 AA-6>13
11 .      .       .       .       .       AR-1>7  .         .       .       .        .       .       .
12 .      AA-1>13 AA-8>13 .       AA-8>13 AR-2>8  AR-8>9|10 AA-8>13 AA-8>13 AA-8>13  AA-8>13 AA-8>13 AA-6>13
13 .      AA-1>13 AA-8>13 .       AA-8>13 AA-8>13 AR-3>1    AA-8>13 AA-8>13 AR-10>12 AR-3>1  AA-8>13 AA-6>13
14 .      .       .       .       .       .       .         AR-4>13 AR-9>11 .        .       AR-4>13 .
15 .      .       AA-1>13 AA-2>1  AA-1>13 AA-1>13 AA-1>13   AA-1>13 AA-1>13 AA-1>13  AA-1>13 AA-1>13 .
16 .      AA-2>1  AA-3>1  .       AA-3>1  AA-3>1  AA-3>1    AA-3>1  AA-3>1  AA-3>1   AA-3>1  AA-3>1  AA-2>1
17 .      AA-5>1  AA-4>1  AA-4>1  AA-4>1  AA-4>1  AA-4>1    AA-4>1  AA-4>1  AA-4>1   AA-4>1  AA-4>1  AR-5>1
18 .      AA-2>1  .       .       .       .       .         .       .       .        .       .       AA-2>1
19 .      AA-1>13 AA-8>13 .       AA-8>13 AA-8>13 AA-8>13   AA-8>13 AA-8>13 AA-8>13  AA-8>13 AA-8>13 AA-7>13
`;

const rows: readonly (readonly (Transition | undefined)[])[] = TABLE_9_10.trim()
  .split("\n")
  .map((row) => row.trim().split(/\s+/).slice(1).map(readCell));

/** The cell of the table; undefined where the event cannot happen in that state. */
export function transition(event: Event, state: State): Transition | undefined {
  return rows[EVENTS[event] - 1]?.[state - 1];
}

function readCell(cell: string): Transition | undefined {
  if (cell === ".") return undefined;
  const [name, states = ""] = cell.split(">");
  const action = ACTIONS.find((known) => known === name);
  const [next, otherwise] = states.split("|").map(readState);
  if (action === undefined || next === undefined) throw new TypeError(`Table 9-10 has no cell ${cell}`);
  return otherwise === undefined ? { action, next } : { action, next, otherwise };
}

function readState(text: string): State {
  const state = Number(text);
  if (!Number.isInteger(state) || state < 1 || state > 13) throw new TypeError(`Table 9-10 has no state ${text}`);
  return state as State;
}
