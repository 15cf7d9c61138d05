import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { AssociateAccept, AssociateRequest } from "../../appliance/dimse/pdu.ts";
import { EVENTS, type Event, type State, transition } from "../../appliance/dimse/state-table.ts";
import { type Indication, UpperLayer } from "../../appliance/dimse/upper-layer.ts";
import {
  abort,
  associateAc,
  associateRj,
  associateRq,
  Parrot,
  pData,
  pdu,
  releaseRp,
  releaseRq,
} from "../support/parrot.ts";

const states = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] as const;

describe("Table 9-10 of PS3.8", () => {
  // The other way round than the product's table: from the text of each action (PS3.8 Tables 9-6 to 9-9), where it occurs.
  const inAssociation = [6, 7, 8, 9, 10, 11, 12];
  const occurrences: readonly (readonly [cell: string, Event, readonly number[]])[] = [
    ["AE-1>4", "A-ASSOCIATE request", [1]],
    ["AE-2>5", "transport connected", [4]],
    ["AE-3>6", "A-ASSOCIATE-AC", [5]],
    ["AE-4>1", "A-ASSOCIATE-RJ", [5]],
    ["AE-5>2", "transport indication", [1]],
    ["AE-6>3|13", "A-ASSOCIATE-RQ", [2]],
    ["AE-7>6", "A-ASSOCIATE accept", [3]],
    ["AE-8>13", "A-ASSOCIATE reject", [3]],
    ["DT-1>6", "P-DATA request", [6]],
    ["DT-2>6", "P-DATA-TF", [6]],
    ["AR-1>7", "A-RELEASE request", [6]],
    ["AR-2>8", "A-RELEASE-RQ", [6]],
    ["AR-3>1", "A-RELEASE-RP", [7, 11]],
    ["AR-4>13", "A-RELEASE response", [8, 12]],
    ["AR-5>1", "transport closed", [13]],
    ["AR-6>7", "P-DATA-TF", [7]],
    ["AR-7>8", "P-DATA request", [8]],
    ["AR-8>9|10", "A-RELEASE-RQ", [7]],
    ["AR-9>11", "A-RELEASE response", [9]],
    ["AR-10>12", "A-RELEASE-RP", [10]],
    // Aborts: by the user, of a connection without association, of an association, after the end.
    ["AA-1>13", "A-ABORT request", [3, 5, ...inAssociation]],
    ["AA-2>1", "A-ABORT request", [4]],
    ...(["A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF", "A-RELEASE-RQ", "A-RELEASE-RP", "invalid PDU"] as const).map(
      (event) => ["AA-1>13", event, [2]] as const,
    ),
    ["AA-2>1", "A-ABORT", [2, 13]],
    ["AA-2>1", "ARTIM expired", [2, 13]],
    ["AA-3>1", "A-ABORT", [3, 5, ...inAssociation]],
    ["AA-4>1", "transport closed", [3, 4, 5, ...inAssociation]],
    ["AA-5>1", "transport closed", [2]],
    ...(["A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF", "A-RELEASE-RQ", "A-RELEASE-RP"] as const).map(
      (event) => ["AA-6>13", event, [13]] as const,
    ),
    ["AA-7>13", "A-ASSOCIATE-RQ", [13]],
    ["AA-7>13", "invalid PDU", [13]],
    ["AA-8>13", "A-ASSOCIATE-AC", [3, ...inAssociation]],
    ["AA-8>13", "A-ASSOCIATE-RJ", [3, ...inAssociation]],
    ["AA-8>13", "A-ASSOCIATE-RQ", [3, 5, ...inAssociation]],
    ["AA-8>13", "P-DATA-TF", [3, 5, 8, 9, 10, 11, 12]],
    ["AA-8>13", "A-RELEASE-RQ", [3, 5, 8, 9, 10, 11, 12]],
    ["AA-8>13", "A-RELEASE-RP", [3, 5, 6, 8, 9, 12]],
    ["AA-8>13", "invalid PDU", [3, 5, ...inAssociation]],
  ];
  const pairs = (Object.keys(EVENTS) as Event[]).flatMap((event) => states.map((state) => [event, state] as const));

  it.each(pairs)("%s in Sta%i", (event, state) => {
    const [cell] = occurrences.find(([, of, where]) => of === event && where.includes(state)) ?? [];
    const { action, next, otherwise } = transition(event, state) ?? {};
    const ours =
      action === undefined ? undefined : `${action}>${next}${otherwise === undefined ? "" : `|${otherwise}`}`;
    expect(ours).toBe(cell);
  });
});

describe("the machine over a real socket", () => {
  const ARTIM = 300;
  let clean: (() => void)[] = [];
  afterEach(() => {
    for (const one of clean) one();
    clean = [];
  });

  interface Bench {
    readonly layer: UpperLayer;
    readonly parrot: Parrot;
    readonly told: Indication[];
  }

  const rq: AssociateRequest = {
    type: "A-ASSOCIATE-RQ",
    protocolVersion: 1,
    calledAETitle: "CALLED",
    callingAETitle: "CALLING",
    applicationContext: "1.2.840.10008.3.1.1.1",
    contexts: [{ id: 1, abstractSyntax: "1.2.840.10008.1.1", transferSyntaxes: ["1.2.840.10008.1.2"] }],
    user: { maximumLength: 16_384, implementationClassUID: "1.2.3", roles: [] },
  };
  const ac: AssociateAccept = {
    ...rq,
    type: "A-ASSOCIATE-AC",
    contexts: [{ id: 1, result: 0, transferSyntax: "1.2.840.10008.1.2" }],
  };

  async function bench(role: "requestor" | "acceptor"): Promise<Bench> {
    const server: Server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const incoming = once(server, "connection") as Promise<[Socket]>;
    const socket = connect({ port, host: "127.0.0.1" });
    const [accepted] = await incoming;
    const told: Indication[] = [];
    const [ours, theirs] = role === "requestor" ? [socket, accepted] : [accepted, socket];
    const options = { role, maximumLength: 16_384, artim: ARTIM, indicate: (one: Indication) => told.push(one) };
    const layer = new UpperLayer(ours, options);
    clean.push(() => {
      socket.destroy();
      accepted.destroy();
      server.close();
    });
    return { layer, parrot: new Parrot(theirs), told };
  }

  async function until(condition: () => boolean): Promise<void> {
    const end = Date.now() + 5_000;
    while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(condition()).toBe(true);
  }

  /** How to come to each state, and as whom. */
  const roads: Record<string, { role: "requestor" | "acceptor"; go: (b: Bench) => Promise<void>; state: State }> = {
    Sta2: { role: "acceptor", state: 2, go: async () => {} },
    Sta3: { role: "acceptor", state: 3, go: async (b) => b.parrot.send(associateRq()) },
    "Sta6 as acceptor": { role: "acceptor", state: 6, go: accepted },
    "Sta7 as acceptor": {
      role: "acceptor",
      state: 7,
      go: async (b) => {
        await accepted(b);
        b.layer.release();
      },
    },
    "Sta8 as acceptor": {
      role: "acceptor",
      state: 8,
      go: async (b) => {
        await accepted(b);
        b.parrot.send(releaseRq());
      },
    },
    Sta10: { role: "acceptor", state: 10, go: collided },
    Sta12: {
      role: "acceptor",
      state: 12,
      go: async (b) => {
        await collided(b);
        b.parrot.send(releaseRp());
      },
    },
    "Sta13 as acceptor": {
      role: "acceptor",
      state: 13,
      go: async (b) => {
        await accepted(b);
        b.layer.abort();
      },
    },
    Sta5: { role: "requestor", state: 5, go: async (b) => requested(b) },
    "Sta6 as requestor": { role: "requestor", state: 6, go: established },
    Sta9: {
      role: "requestor",
      state: 9,
      go: async (b) => {
        await established(b);
        b.layer.release();
        b.parrot.send(releaseRq());
      },
    },
    Sta11: {
      role: "requestor",
      state: 11,
      go: async (b) => {
        await established(b);
        b.layer.release();
        b.parrot.send(releaseRq());
        await until(() => b.layer.state === 9);
        b.layer.respondRelease();
      },
    },
  };

  async function accepted(b: Bench): Promise<void> {
    b.parrot.send(associateRq());
    await until(() => b.layer.state === 3);
    b.layer.accept(ac);
    await b.parrot.expect(2);
  }

  async function collided(b: Bench): Promise<void> {
    await accepted(b);
    b.layer.release();
    b.parrot.send(releaseRq());
    await until(() => b.layer.state === 10);
  }

  function requested(b: Bench): void {
    b.layer.connect();
    b.layer.connected(rq);
  }

  async function established(b: Bench): Promise<void> {
    requested(b);
    await b.parrot.expect(1);
    b.parrot.send(associateAc());
    await until(() => b.layer.state === 6);
  }

  /** What a peer can do, and the event that it is. */
  const moves: readonly (readonly [Event, (parrot: Parrot) => void])[] = [
    ["A-ASSOCIATE-AC", (parrot) => parrot.send(associateAc())],
    ["A-ASSOCIATE-RJ", (parrot) => parrot.send(associateRj(1, 1, 1))],
    ["A-ASSOCIATE-RQ", (parrot) => parrot.send(associateRq())],
    ["P-DATA-TF", (parrot) => parrot.send(pData(1, { command: true, last: false }, Buffer.alloc(2)))],
    ["A-RELEASE-RQ", (parrot) => parrot.send(releaseRq())],
    ["A-RELEASE-RP", (parrot) => parrot.send(releaseRp())],
    ["A-ABORT", (parrot) => parrot.send(abort(0, 0))],
    ["invalid PDU", (parrot) => parrot.send(pdu(0x99, Buffer.alloc(4)))],
    ["transport closed", (parrot) => parrot.close()],
  ];

  const cases = Object.keys(roads).flatMap((road) => moves.map(([event, move]) => [road, event, move] as const));

  it.each(cases)("%s, then %s", async (road, event, move) => {
    const { role, go, state } = roads[road] as (typeof roads)[string];
    const b = await bench(role);
    await go(b);
    await until(() => b.layer.state === state);
    // What was said on the way is not the subject: the parrot reads on from here.
    const expected = transition(event, state);
    if (expected === undefined) throw new Error("a peer can always do that");
    const { action, next, otherwise } = expected;
    const before = b.told.length;
    move(b.parrot);
    const aborts = action === "AA-1" || action === "AA-7" || action === "AA-8";
    const target = action === "AR-8" && role === "acceptor" ? (otherwise as State) : next;
    if (aborts) {
      const seen = await lastPdu(b.parrot);
      expect(seen?.type).toBe(7);
      // By the user in Sta2 (AA-1), by the provider elsewhere, with the reason unrecognized or unexpected PDU.
      const reason = event === "invalid PDU" ? 1 : 2;
      const own = road === "Sta13 as acceptor";
      expect([...(seen?.body ?? [])]).toEqual(action === "AA-1" || own ? [0, 0, 0, 0] : [0, 0, 2, reason]);
    } else {
      await until(() => b.layer.state === target);
    }
    if (target === 1 || aborts) await until(() => b.told.some((one) => one.type === "closed"));
    const says: Partial<Record<string, readonly string[]>> = {
      "AE-3": ["A-ASSOCIATE-AC"],
      "AE-4": ["A-ASSOCIATE-RJ"],
      "AE-6": ["A-ASSOCIATE-RQ"],
      "DT-2": ["P-DATA-TF"],
      "AR-2": ["release"],
      "AR-3": ["released"],
      "AR-6": ["P-DATA-TF"],
      "AR-8": ["release"],
      "AR-10": ["released"],
      "AA-3": ["abort"],
      "AA-4": ["abort"],
      "AA-8": ["abort"],
    };
    const told = () => b.told.slice(before).flatMap((one) => (one.type === "closed" ? [] : [one.type]));
    await until(() => told().length >= (says[action] ?? []).length);
    expect(told()).toEqual(says[action] ?? []);
  });

  async function lastPdu(parrot: Parrot) {
    let last: Awaited<ReturnType<Parrot["read"]>>;
    for (let one = await parrot.read(); one !== undefined; one = await parrot.read()) last = one;
    return last;
  }

  it("refuses another protocol version by the provider, reason 2", async () => {
    const b = await bench("acceptor");
    b.parrot.send(associateRq({ version: 2 }));
    expect([...(await b.parrot.expect(3))]).toEqual([0, 1, 2, 2]);
    expect(b.layer.state).toBe(13);
    expect(b.told).toEqual([]);
  });

  it("closes a connection that says nothing when ARTIM expires", async () => {
    const b = await bench("acceptor");
    const start = Date.now();
    await b.parrot.closed();
    expect(Date.now() - start).toBeGreaterThan(ARTIM - 50);
    await until(() => b.layer.state === 1);
  });

  it("closes after its A-RELEASE-RP when the requestor does not", async () => {
    const b = await bench("acceptor");
    await accepted(b);
    b.parrot.send(releaseRq());
    await until(() => b.layer.state === 8);
    b.layer.respondRelease();
    await b.parrot.expect(6);
    await b.parrot.closed();
    await until(() => b.layer.state === 1);
  });

  it("resolves a release collision as requestor", async () => {
    const b = await bench("requestor");
    await established(b);
    b.layer.release();
    b.parrot.send(releaseRq());
    await until(() => b.layer.state === 9);
    b.layer.respondRelease();
    await b.parrot.expect(5);
    await b.parrot.expect(6);
    b.parrot.send(releaseRp());
    await until(() => b.layer.state === 1);
    expect(b.told.map((one) => one.type)).toContain("released");
  });

  it("has no effect when the user comes too late", async () => {
    const b = await bench("acceptor");
    await accepted(b);
    b.layer.abort();
    b.layer.send([{ contextId: 1, command: true, last: true, data: [Buffer.alloc(2)] }]);
    b.layer.release();
    b.layer.abort();
    await b.parrot.expect(7);
    expect(await b.parrot.read()).toBeUndefined();
  });
});
