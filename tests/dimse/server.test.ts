import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Logger } from "../../appliance/base/index.ts";
import { DataSet, encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import {
  type DicomServer,
  type Handlers,
  type OutgoingInstance,
  type ServerOptions,
  Status,
  StudyRoot,
  statusFault,
  Verification,
} from "../../appliance/dimse/index.ts";
import {
  acceptCommon,
  associateWith,
  CT_IMAGE,
  eventually,
  IMPLICIT,
  SECONDARY_CAPTURE,
  startNode,
} from "../support/dimse.ts";
import {
  abort,
  associateRq,
  callParrot,
  command,
  item,
  type Parrot,
  pData,
  readMessage,
  releaseRq,
  sendMessage,
} from "../support/parrot.ts";

const servers: DicomServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function node(handlers: Handlers = {}, options: Partial<ServerOptions> = {}) {
  const started = await startNode(handlers, options);
  servers.push(started.server);
  return started;
}

/** A parrot whose association is accepted, with these SOP classes as contexts 1, 3, ... */
async function caller(port: number, abstractSyntaxes: readonly string[], fields = {}): Promise<Parrot> {
  const parrot = await callParrot(port);
  const proposed = abstractSyntaxes.map((uid, index) => [2 * index + 1, uid, [IMPLICIT]] as const);
  parrot.send(associateRq({ proposed, ...fields }));
  await parrot.expect(2);
  return parrot;
}

const storeRq = (uid: string, messageID = 1) =>
  [
    [0x0002, CT_IMAGE],
    [0x0100, 1],
    [0x0110, messageID],
    [0x0700, 0],
    [0x1000, uid],
  ] as const;
const status = async (parrot: Parrot) => (await readMessage(parrot)).command.get(0x0900);

function recorder(): { readonly log: Logger; readonly lines: () => string } {
  const lines: string[] = [];
  const write = (facts: object, message: string) => {
    lines.push(`${message} ${Object.values(facts).join(" ")}`);
  };
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log };
  return { log, lines: () => lines.join("\n") };
}

describe("who comes in", () => {
  it("nobody, unless he is listed", async () => {
    const { port } = await node({}, { allow: { callingAETitles: [], addresses: "any" } });
    await expect(associateWith(port)).rejects.toMatchObject({ details: { result: 1, source: 1, reason: 3 } });
    const closed = await node({}, { allow: { callingAETitles: "any", addresses: [] } });
    await expect(associateWith(closed.port)).rejects.toMatchObject({ code: "DIMSE_ABORTED" });
  });

  it("those listed, by title and by address or subnet", async () => {
    for (const addresses of [["127.0.0.1"], ["127.0.0.0/8"], ["10.0.0.1", "127.0.0.0/24"]]) {
      const { port } = await node({}, { allow: { callingAETitles: ["OTHER", "CALLING"], addresses } });
      await (await associateWith(port)).release();
    }
    const elsewhere = await node({}, { allow: { callingAETitles: "any", addresses: ["192.0.2.0/24"] } });
    const parrot = await callParrot(elsewhere.port);
    parrot.send(associateRq());
    expect(await parrot.read()).toBeUndefined();
  });

  it("only by our own title", async () => {
    const { port } = await node({}, { aeTitles: ["DRIMBOX", "IOCM"] });
    await expect(associateWith(port)).rejects.toMatchObject({ details: { result: 1, source: 1, reason: 7 } });
    await (await associateWith(port, [Verification], { calledAETitle: "IOCM" })).release();
  });

  it.each([
    ["another application context", { applicationContext: "1.2.3" }, [0, 1, 1, 2]],
    ["a maximum length of 1", { maximumLength: 1 }, [0, 1, 1, 1]],
    ["a calling title of spaces", { calling: " " }, [0, 1, 1, 3]],
    ["a called title with a line break", { called: "A\nB" }, [0, 1, 1, 7]],
    ["a calling title with an escape", { calling: "\x1b[31mRED" }, [0, 1, 1, 3]],
    ["a calling title with a backslash", { calling: "A\\B" }, [0, 1, 1, 3]],
  ])("not with %s", async (_, fields, rejection) => {
    const { log, lines } = recorder();
    const { port } = await node({}, { log });
    const parrot = await callParrot(port);
    parrot.send(associateRq(fields));
    expect([...(await parrot.expect(3))]).toEqual(rejection);
    expect(lines()).toContain("rejected");
    expect(lines()).not.toMatch(/[\x00-\x09\x0b-\x1f]|\nB/);
  });

  it("not more than the limit, for now; a slot comes back however its holder leaves", async () => {
    const { port, server } = await node({}, { limits: { associations: 2, associationsPerAddress: 2 } });
    const leave: ((parrot: Parrot) => void)[] = [
      (parrot) => parrot.send(releaseRq()),
      (parrot) => parrot.send(abort()),
      (parrot) => parrot.close(),
      (parrot) => parrot.send(Buffer.from("GET / HTTP/1.1\r\n\r\n")),
    ];
    for (const way of leave) {
      const held = [await caller(port, [Verification]), await caller(port, [Verification])];
      await expect(associateWith(port)).rejects.toMatchObject({ code: "DIMSE_REJECTED_TRANSIENT" });
      for (const parrot of held) way(parrot);
      await eventually(() => server.associations === 0);
      for (const parrot of held) parrot.close();
    }
    await (await associateWith(port)).release();
  });

  it("with contexts answered one by one", async () => {
    const { port } = await node();
    const parrot = await callParrot(port);
    const proposed = [
      [1, Verification, [IMPLICIT]],
      [3, "1.2.840.10008.5.1.4.1.1.2", ["1.2.840.10008.1.2.4.50"]],
      [5, "1.2.3.4.5", [IMPLICIT]],
    ] as const;
    parrot.send(associateRq({ proposed }));
    const accept = await parrot.expect(2);
    const results: number[][] = [];
    for (let at = 68; at < accept.length; at += 4 + accept.readUInt16BE(at + 2)) {
      if (accept[at] === 0x21) results.push([accept[at + 4] as number, accept[at + 6] as number]);
    }
    expect(results).toEqual([
      [1, 0],
      [3, 4],
      [5, 3],
    ]);
    expect(accept.toString("latin1", 4, 36)).toBe("CALLED          CALLING         ");
  });

  it("not with a title or an address in the configuration that is none", async () => {
    await expect(startNode({}, { aeTitles: ["WAY_TOO_LONG_A_TITLE"] })).rejects.toMatchObject({
      code: "DIMSE_INVALID_REQUEST",
    });
    const allow = { callingAETitles: "any", addresses: ["pacs.local"] } as const;
    await expect(startNode({}, { allow })).rejects.toMatchObject({ code: "DIMSE_INVALID_REQUEST" });
  });

  it("not on a port that somebody has", async () => {
    const { port } = await node();
    const other = await import("../../appliance/dimse/index.ts");
    const second = other.createServer({
      aeTitles: "any",
      allow: { callingAETitles: "any", addresses: "any" },
      acceptContext: acceptCommon,
      handlers: {},
    });
    await expect(second.listen(port, "127.0.0.1")).rejects.toMatchObject({
      code: "DIMSE_LISTEN_FAILED",
      details: { reason: "EADDRINUSE" },
    });
  });
});

describe("requests", () => {
  it("for C-ECHO are answered", async () => {
    let seen: unknown;
    const { port } = await node({
      async echo(requestor) {
        seen = requestor;
      },
    });
    const association = await associateWith(port);
    await association.echo();
    await association.release();
    expect(seen).toEqual({ callingAETitle: "CALLING", calledAETitle: "CALLED", address: "127.0.0.1" });
  });

  it("that nobody serves are refused, their data set dropped, and the association goes on", async () => {
    const { port } = await node();
    const parrot = await caller(port, [CT_IMAGE, Verification]);
    sendMessage(parrot, 1, storeRq("1.2.3"), Buffer.alloc(10_000));
    expect(await status(parrot)).toBe(0x0211);
    // N-ACTION
    sendMessage(parrot, 1, [
      [0x0003, CT_IMAGE],
      [0x0100, 0x0130],
      [0x0110, 2],
      [0x1001, "1.2"],
      [0x1008, 1],
    ]);
    const answer = await readMessage(parrot);
    expect([answer.command.get(0x0100), answer.command.get(0x0900)]).toEqual([0x8130, 0x0211]);
    sendMessage(parrot, 3, [
      [0x0002, Verification],
      [0x0100, 0x30],
      [0x0110, 3],
    ]);
    expect(await status(parrot)).toBe(0);
  });

  it("for another SOP class than that of their context are refused", async () => {
    const { port } = await node({ store: async () => Status.success });
    const parrot = await caller(port, [SECONDARY_CAPTURE]);
    sendMessage(parrot, 1, storeRq("1.2.3"), Buffer.alloc(10));
    expect(await status(parrot)).toBe(0x0122);
  });

  it.each([
    [
      "a response to nothing",
      [
        [0x0100, 0x8030],
        [0x0120, 1],
        [0x0900, 0],
      ],
    ],
    ["no command field", [[0x0110, 1]]],
  ] as const)("that are %s end the association", async (_, elements) => {
    const { port } = await node();
    const parrot = await caller(port, [Verification]);
    sendMessage(parrot, 1, elements);
    await parrot.expect(7);
  });

  it.each([
    ["a context that was not accepted", pData(9, { command: true, last: true }, Buffer.alloc(12))],
    ["a data set without command", pData(1, { command: false, last: true }, Buffer.alloc(12))],
    ["a command set that is cut", pData(1, { command: true, last: true }, Buffer.from([0, 0, 0, 1, 9, 0, 0, 0]))],
    [
      "a command set of nothing but another group",
      pData(1, { command: true, last: true }, Buffer.from([8, 0, 0, 1, 0, 0, 0, 0])),
    ],
    [
      "a command set of 100 KB",
      Buffer.concat(new Array(10).fill(pData(1, { command: true, last: false }, Buffer.alloc(10_000)))),
    ],
    [
      "a command inside a data set",
      Buffer.concat([
        pData(1, { command: true, last: true }, command(...storeRq("1.2"), [0x0800, 0])),
        pData(1, { command: true, last: true }, command(...storeRq("1.2"), [0x0800, 0])),
      ]),
    ],
    [
      "a data set in another context",
      Buffer.concat([
        pData(1, { command: true, last: true }, command(...storeRq("1.2"), [0x0800, 0])),
        pData(3, { command: false, last: true }, Buffer.alloc(2)),
      ]),
    ],
  ])("with %s end the association", async (_, bytes) => {
    const { port, server } = await node({ store: async () => Status.success });
    const parrot = await caller(port, [CT_IMAGE, Verification]);
    parrot.send(bytes);
    await parrot.expect(7);
    await eventually(() => server.associations === 0);
  });
});

describe("C-STORE", () => {
  it("gives the handler the bytes as they were sent, and answers with its status", async () => {
    const got: { uid: string; bytes: Buffer; from: string }[] = [];
    const { port } = await node({
      async store(request, data) {
        const parts: Uint8Array[] = [];
        for await (const part of data) parts.push(part);
        got.push({ uid: request.sopInstanceUID, bytes: Buffer.concat(parts), from: request.requestor.callingAETitle });
        return 0xb000;
      },
    });
    const association = await associateWith(port, [CT_IMAGE]);
    const data = Buffer.from(Uint8Array.from({ length: 500_000 }, (_, i) => (i * 31) % 253));
    const outcome = await association.store({
      sopClassUID: CT_IMAGE,
      sopInstanceUID: "1.2.3",
      transferSyntax: IMPLICIT,
      data,
    });
    await association.release();
    expect(outcome).toMatchObject({ status: 0xb000, category: "warning" });
    expect(got).toEqual([{ uid: "1.2.3", bytes: data, from: "CALLING" }]);
  });

  it.each([
    ["an error", () => new Error("bug"), 0x0110],
    ["out of resources", () => statusFault("C-STORE", Status.outOfResources), 0xa700],
    ["not authorised", () => statusFault("C-STORE", Status.notAuthorized), 0x0124],
  ])("answers %s of the handler with its status, and goes on", async (_, error, expected) => {
    const { log, lines } = recorder();
    let calls = 0;
    const handlers: Handlers = {
      async store(_request, data) {
        calls += 1;
        if (calls === 2) return Status.success;
        for await (const _piece of data) throw error();
        return Status.success;
      },
    };
    const { port } = await node(handlers, { log });
    const parrot = await caller(port, [CT_IMAGE]);
    sendMessage(parrot, 1, storeRq("1.2.3", 1), Buffer.alloc(100_000));
    expect(await status(parrot)).toBe(expected);
    sendMessage(parrot, 1, storeRq("1.2.4", 2), Buffer.alloc(100_000));
    expect(await status(parrot)).toBe(0);
    expect(lines()).toContain("service failed");
    expect(lines()).not.toContain("bug");
  });

  it("says in the Error Comment what the handler has to say, in 64 printable characters at most", async () => {
    const comment = `(0020,000D)\n\\é${"x".repeat(80)}`;
    const refuse = () => Promise.reject(statusFault("any", 0xc000, { comment }));
    const { port } = await node({ store: refuse, echo: refuse });
    const association = await associateWith(port, [Verification, CT_IMAGE]);
    const request = { sopClassUID: CT_IMAGE, sopInstanceUID: "1.2.3", transferSyntax: IMPLICIT, data: Buffer.alloc(8) };
    const said = `(0020,000D)???${"x".repeat(50)}`;
    expect(await association.store(request)).toEqual({ status: 0xc000, category: "failure", comment: said });
    await expect(association.echo()).rejects.toMatchObject({ values: { comment: said } });
    await association.release();
  });

  it.each(["../../etc/passwd", "/etc/passwd", "1.2.3\0../x", "1.2.a", "", "1.".repeat(40), "1..2"])(
    "never shows the handler the SOP Instance UID %j",
    async (uid) => {
      let called = false;
      const { port } = await node({
        async store() {
          called = true;
          return Status.success;
        },
      });
      const parrot = await caller(port, [CT_IMAGE]);
      sendMessage(parrot, 1, storeRq(uid), Buffer.alloc(100));
      expect(await status(parrot)).toBe(0x0117);
      expect(called).toBe(false);
    },
  );

  it.each([
    ["hangs up", (parrot: Parrot) => parrot.close(), "DIMSE_ABORTED"],
    ["aborts", (parrot: Parrot) => parrot.send(abort()), "DIMSE_ABORTED"],
    ["asks for a release", (parrot: Parrot) => parrot.send(releaseRq()), "DIMSE_CLOSED"],
    ["stops", () => {}, "DIMSE_TIMEOUT"],
    ["sends rubbish", (parrot: Parrot) => parrot.send(Buffer.from([99])), "DIMSE_PROTOCOL_ERROR"],
  ])("never takes a cut object for a whole one: the peer %s", async (_, act, code) => {
    let thrown: unknown;
    const handlers: Handlers = {
      async store(_request, data) {
        try {
          for await (const _piece of data);
        } catch (error) {
          thrown = error;
          throw error;
        }
        return Status.success;
      },
    };
    const { port, server } = await node(handlers, { limits: { network: 200 } });
    const parrot = await caller(port, [CT_IMAGE]);
    parrot.send(pData(1, { command: true, last: true }, command(...storeRq("1.2"), [0x0800, 0])));
    parrot.send(pData(1, { command: false, last: false }, Buffer.alloc(10_000)));
    await delay(30);
    act(parrot);
    await eventually(() => thrown !== undefined);
    expect(thrown).toMatchObject({ code });
    await eventually(() => server.associations === 0);
  });

  it("holds a fast sender back to the pace of the handler", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let received = 0;
    const handlers: Handlers = {
      async store(_request, data) {
        await gate;
        for await (const piece of data) received += piece.length;
        return Status.success;
      },
    };
    // Longer than the network timeout: waiting for our own handler is not the peer's fault.
    const { port } = await node(handlers, { limits: { network: 100 } });
    const association = await associateWith(port, [CT_IMAGE]);
    const total = 30_000_000;
    let given = 0;
    async function* data() {
      for (; given < total; given += 100_000) yield Buffer.alloc(100_000);
    }
    const stored = association.store({
      sopClassUID: CT_IMAGE,
      sopInstanceUID: "1.2",
      transferSyntax: IMPLICIT,
      data: data(),
    });
    await delay(300);
    expect(given).toBeLessThan(20_000_000);
    open();
    expect((await stored).status).toBe(0);
    expect(received).toBe(total);
    await association.release();
  });
});

describe("C-FIND", () => {
  const identifier = () => new DataSet().set(Tags.QueryRetrieveLevel, "CS", "STUDY").set(Tags.PatientID, "LO", "P1");
  const study = (uid: string) => new DataSet().set(Tags.StudyInstanceUID, "UI", uid);

  it("answers with what the handler finds", async () => {
    let asked: string | undefined;
    const { port } = await node({
      async *find(request) {
        asked = request.identifier.string(Tags.PatientID);
        yield study("1.1");
        yield study("1.2");
      },
    });
    const association = await associateWith(port, [StudyRoot.find]);
    const found: (string | undefined)[] = [];
    const options = { sopClassUID: StudyRoot.find, identifier: identifier() };
    for await (const one of association.find(options)) found.push(one.string(Tags.StudyInstanceUID));
    await association.release();
    expect([asked, found]).toEqual(["P1", ["1.1", "1.2"]]);
  });

  it("stops at C-CANCEL, even when the matches never wait for anything", async () => {
    let given = 0;
    let signalled = false;
    const { port } = await node({
      async *find({ signal }) {
        try {
          for (; given < 5_000_000; given += 1) yield study("1.1");
        } finally {
          signalled = signal.aborted;
        }
      },
    });
    const association = await associateWith(port, [StudyRoot.find]);
    for await (const _one of association.find({ sopClassUID: StudyRoot.find, identifier: identifier() })) break;
    expect(given).toBeLessThan(5_000_000);
    expect(signalled).toBe(true);
    expect(association.ended).toBe(false);
    await association.release();
  });

  it.each([
    ["a refusal of the handler", () => statusFault("C-FIND", 0xa900), "0xA900"],
    ["an error of the handler", () => new Error("bug"), "0xC001"],
  ])("answers with %s", async (_, error, expected) => {
    const { port } = await node({
      async *find() {
        yield study("1.1");
        throw error();
      },
    });
    const association = await associateWith(port, [StudyRoot.find]);
    const matches = association.find({ sopClassUID: StudyRoot.find, identifier: identifier() });
    await matches.next();
    await expect(matches.next()).rejects.toMatchObject({ details: { status: expected } });
    await association.release();
  });

  it("without identifier is refused", async () => {
    const { port } = await node({
      async *find({ identifier: given }) {
        yield given;
      },
    });
    const parrot = await caller(port, [StudyRoot.find]);
    sendMessage(parrot, 1, [
      [0x0002, StudyRoot.find],
      [0x0100, 0x20],
      [0x0110, 1],
    ]);
    expect(await status(parrot)).toBe(0xa900);
  });

  it.each([
    ["with an identifier that is no data set", Buffer.from("GET / HTTP/1.1\r\n")],
    ["with an element of 4 GiB", Buffer.from([8, 0, 5, 0, 0xf0, 0xff, 0xff, 0xff])],
    [
      "with nested sequences without end",
      Buffer.concat(new Array(5_000).fill(Buffer.from("0800401140000000feff00e0ffffffff", "hex"))),
    ],
  ])("%s is refused and harms nobody", async (_, bytes) => {
    const { port } = await node({
      async *find({ identifier: given }) {
        yield given;
      },
    });
    const parrot = await caller(port, [StudyRoot.find, Verification], { maximumLength: 0 });
    sendMessage(
      parrot,
      1,
      [
        [0x0002, StudyRoot.find],
        [0x0100, 0x20],
        [0x0110, 1],
        [0x0700, 0],
      ],
      bytes,
    );
    expect(await status(parrot)).toBe(0xc001);
    sendMessage(parrot, 3, [
      [0x0002, Verification],
      [0x0100, 0x30],
      [0x0110, 2],
    ]);
    expect(await status(parrot)).toBe(0);
  });
});

describe("C-MOVE and C-GET", () => {
  const bytes = (n: number) => Buffer.alloc(1_000 + 2 * n, n);
  const instances = (count: number, broken: readonly number[] = []): OutgoingInstance[] =>
    Array.from({ length: count }, (_, n) => ({
      sopClassUID: n % 2 === 0 ? CT_IMAGE : SECONDARY_CAPTURE,
      sopInstanceUID: `1.2.${n}`,
      transferSyntax: IMPLICIT,
      open() {
        if (broken.includes(n)) throw new Error("gone");
        return bytes(n);
      },
    }));
  const identifier = new DataSet().set(Tags.QueryRetrieveLevel, "CS", "STUDY");

  async function destination(store?: Handlers["store"]) {
    const got: string[] = [];
    const node1 = await node({
      async store(request, data) {
        let size = 0;
        for await (const piece of data) size += piece.length;
        got.push(`${request.sopInstanceUID} ${size} ${request.moveOriginatorAETitle}`);
        return store === undefined ? Status.success : store(request, data);
      },
    });
    return { got, destination: { host: "127.0.0.1", port: node1.port, aeTitle: "DEST" } };
  }

  async function mover(plan: Awaited<ReturnType<NonNullable<Handlers["move"]>>>) {
    const { port } = await node({ move: async () => plan });
    const association = await associateWith(port, [StudyRoot.move]);
    return () => association.move({ sopClassUID: StudyRoot.move, identifier, destination: "DEST" });
  }

  it("moves what the handler names to the destination, and says for whom", async () => {
    const to = await destination();
    const move = await mover({ destination: to.destination, instances: instances(3) });
    expect(await move()).toMatchObject({
      status: 0,
      counts: { completed: 3, failed: 0, warning: 0, remaining: undefined },
    });
    expect(to.got).toEqual(["1.2.0 1000 CALLING", "1.2.1 1002 CALLING", "1.2.2 1004 CALLING"]);
  });

  it("counts what fails and names it", async () => {
    const to = await destination(async ({ sopInstanceUID }) =>
      sopInstanceUID === "1.2.1" ? Status.outOfResources : sopInstanceUID === "1.2.2" ? 0xb000 : Status.success,
    );
    const move = await mover({ destination: to.destination, instances: instances(4) });
    expect(await move()).toMatchObject({
      status: 0xb000,
      counts: { completed: 2, failed: 1, warning: 1 },
      failedSOPInstanceUIDs: ["1.2.1"],
    });
  });

  it("does not know every destination", async () => {
    const move = await mover({ destination: undefined, instances: instances(1) });
    await expect(move()).rejects.toMatchObject({ code: "DIMSE_DESTINATION_UNKNOWN" });
  });

  it("sends back over the same association what the requestor can store", async () => {
    const { port } = await node({ get: async () => instances(5, [3]) });
    const got: [string, number][] = [];
    const association = await associateWith(port, [], {
      presentationContexts: [
        { abstractSyntax: StudyRoot.get, transferSyntaxes: [IMPLICIT] },
        { abstractSyntax: CT_IMAGE, transferSyntaxes: [IMPLICIT], scp: true },
        { abstractSyntax: SECONDARY_CAPTURE, transferSyntaxes: [IMPLICIT] },
      ],
    });
    const outcome = await association.get({
      sopClassUID: StudyRoot.get,
      identifier,
      async store(request, data) {
        let size = 0;
        for await (const piece of data) size += piece.length;
        got.push([request.sopInstanceUID, size]);
        return Status.success;
      },
    });
    // Secondary captures were proposed without the SCP role: they cannot come back.
    expect(outcome).toMatchObject({ status: 0xb000, counts: { completed: 3, failed: 2 } });
    expect(outcome.failedSOPInstanceUIDs).toEqual(["1.2.1", "1.2.3"]);
    expect(got).toEqual([
      ["1.2.0", 1_000],
      ["1.2.2", 1_004],
      ["1.2.4", 1_008],
    ]);
    await association.release();
  });

  it("stops at C-CANCEL and says how many were left", async () => {
    const to = await destination(async () => {
      await delay(5);
      return Status.success;
    });
    const { port } = await node({ move: async () => ({ destination: to.destination, instances: instances(500) }) });
    const parrot = await caller(port, [StudyRoot.move]);
    const request = [
      [0x0002, StudyRoot.move],
      [0x0100, 0x21],
      [0x0110, 4],
      [0x0600, "DEST"],
      [0x0700, 0],
    ] as const;
    sendMessage(parrot, 1, request, encodeDataSet(identifier, IMPLICIT));
    expect(await status(parrot)).toBe(0xff00);
    sendMessage(parrot, 1, [
      [0x0100, 0x0fff],
      [0x0120, 4],
    ]);
    let last = await readMessage(parrot);
    while (last.command.get(0x0900) === 0xff00) last = await readMessage(parrot);
    expect(last.command.get(0x0900)).toBe(0xfe00);
    const count = (element: number) => Number(last.command.get(element));
    expect(count(0x1020)).toBeGreaterThan(0);
    expect(count(0x1020) + count(0x1021)).toBe(500);
  });
});

describe("time", () => {
  it("is given to an association without request, then it is aborted", async () => {
    const { port } = await node({}, { limits: { idle: 100 } });
    const parrot = await caller(port, [Verification]);
    await parrot.expect(7);
  });

  it("is not lengthened by a C-CANCEL for nothing, nor by empty fragments", async () => {
    const { port } = await node({}, { limits: { idle: 150, network: 150 } });
    const parrot = await caller(port, [Verification]);
    sendMessage(parrot, 1, [
      [0x0100, 0x0fff],
      [0x0120, 4],
    ]);
    await parrot.expect(7);
  });

  it("ends with an empty fragment that is not the last, of a command or of a data set: work without end", async () => {
    const { port } = await node({ store: () => new Promise(() => {}) });
    for (const ofCommand of [true, false]) {
      const parrot = await caller(port, [CT_IMAGE]);
      const elements = [...storeRq("1.2.3"), [0x0800, 0] as const].sort((a, b) => a[0] - b[0]);
      if (!ofCommand) parrot.send(pData(1, { command: true, last: true }, command(...elements)));
      parrot.send(pData(1, { command: ofCommand, last: false }, Buffer.alloc(0)));
      await parrot.expect(7);
    }
  });

  it("is left to requests under way when the node closes; new ones are told to come later", async () => {
    let started = false;
    const { port, server } = await node({
      async store(_request, data) {
        started = true;
        await delay(100);
        for await (const _piece of data);
        return Status.success;
      },
    });
    const idle = await caller(port, [Verification]);
    const waiting = await callParrot(port);
    const parrot = await caller(port, [CT_IMAGE]);
    sendMessage(parrot, 1, storeRq("1.2.3"), Buffer.alloc(100));
    await eventually(() => started);
    const closed = server.close();
    waiting.send(associateRq());
    expect([...(await waiting.expect(3))]).toEqual([0, 2, 3, 1]);
    await idle.expect(7);
    expect(await status(parrot)).toBe(0);
    await parrot.expect(7);
    for (const one of [idle, waiting, parrot]) one.close();
    await closed;
    expect(server.associations).toBe(0);
  });

  it("is bounded, even for a handler that never ends", async () => {
    const { port, server } = await node({ store: () => new Promise(() => {}) }, { limits: { drain: 100 } });
    const parrot = await caller(port, [CT_IMAGE]);
    sendMessage(parrot, 1, storeRq("1.2.3"), Buffer.alloc(100));
    await delay(50);
    const start = Date.now();
    await server.close();
    expect(Date.now() - start).toBeLessThan(2_000);
    await parrot.closed();
  });
});

describe("roles and windows", () => {
  it("an asynchronous window is read and not granted: one operation at a time", async () => {
    const { port } = await node();
    const parrot = await callParrot(port);
    parrot.send(associateRq({ moreUserItems: [item(0x53, Buffer.from([0, 0, 0, 0]))] }));
    const accept = await parrot.expect(2);
    expect(accept.includes(Buffer.from([0x53, 0, 0, 4]))).toBe(false);
    sendMessage(parrot, 1, [
      [0x0002, Verification],
      [0x0100, 0x30],
      [0x0110, 1],
    ]);
    sendMessage(parrot, 1, [
      [0x0002, Verification],
      [0x0100, 0x30],
      [0x0110, 2],
    ]);
    const answers = [await readMessage(parrot), await readMessage(parrot)];
    expect(answers.map((one) => one.command.get(0x0120))).toEqual([1, 2]);
  });
});
