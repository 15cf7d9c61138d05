import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { DataSet, encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import { type Association, StudyRoot, Verification } from "../../appliance/dimse/index.ts";
import { associateWith, CT_IMAGE, EXPLICIT, eventually, IMPLICIT } from "../support/dimse.ts";
import {
  abort,
  acceptAll,
  associateAc,
  associateRj,
  command,
  listenParrot,
  type Parrot,
  type ParrotNest,
  pData,
  readMessage,
  releaseRp,
  respond,
  sendMessage,
} from "../support/parrot.ts";

let nests: ParrotNest[] = [];
afterEach(async () => {
  await Promise.all(nests.map((nest) => nest.close()));
  nests = [];
});

async function nest(script?: (parrot: Parrot) => Promise<void>): Promise<ParrotNest> {
  const made = await listenParrot(script);
  nests.push(made);
  return made;
}

/** An association with a parrot that has accepted everything. */
async function pair(
  abstractSyntaxes: readonly string[],
  options: Parameters<typeof associateWith>[2] = {},
  fields: Parameters<typeof acceptAll>[1] = {},
): Promise<[Association, Parrot]> {
  const made = await nest();
  const association = associateWith(made.port, abstractSyntaxes, options);
  const parrot = await made.next();
  await acceptAll(parrot, fields);
  return [await association, parrot];
}

const failure = async (promise: Promise<unknown>): Promise<CodedError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CodedError)) throw new Error(`no coded error: ${error}`);
  return error;
};

const query = () => new DataSet().set(Tags.QueryRetrieveLevel, "CS", "STUDY").set(Tags.StudyInstanceUID, "UI", "1.2.3");
const match = (uid: string) => encodeDataSet(new DataSet().set(Tags.StudyInstanceUID, "UI", uid), IMPLICIT);
const find = (signal?: AbortSignal) => ({
  sopClassUID: StudyRoot.find,
  identifier: query(),
  ...(signal === undefined ? {} : { signal }),
});

describe("asking for an association", () => {
  it("says who we are, what we propose and what we receive", async () => {
    const made = await nest();
    const association = associateWith(made.port, [Verification, CT_IMAGE], { maximumLength: 65_536 });
    const parrot = await made.next();
    const request = await acceptAll(parrot);
    expect(request.readUInt16BE(0) & 1).toBe(1);
    expect(request.toString("latin1", 4, 36)).toBe("CALLED          CALLING         ");
    expect(request.includes(Buffer.from([0x51, 0, 0, 4, 0, 1, 0, 0]))).toBe(true);
    expect((await association).contexts.map((one) => one.id)).toEqual([1, 3]);
    expect((await association).accepts(CT_IMAGE, IMPLICIT)).toBe(true);
    expect((await association).accepts(CT_IMAGE, EXPLICIT)).toBe(false);
  });

  it.each([
    [1, 1, 7, "DIMSE_REJECTED", "human", "called AE title not recognized"],
    [1, 1, 3, "DIMSE_REJECTED", "human", "calling AE title not recognized"],
    [2, 3, 2, "DIMSE_REJECTED_TRANSIENT", "later", "local limit exceeded"],
    [2, 3, 1, "DIMSE_REJECTED_TRANSIENT", "later", "temporary congestion"],
    [1, 2, 9, "DIMSE_REJECTED", "human", "unknown reason"],
  ])("tells a rejection %i/%i/%i apart", async (result, source, reason, code, retry, explanation) => {
    const made = await nest(async (parrot) => parrot.send(associateRj(result, source, reason)));
    const error = await failure(associateWith(made.port));
    expect(error).toMatchObject({ code, retry, details: { result, source, reason, explanation } });
  });

  it("says when nobody is there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const error = await failure(associateWith(port));
    expect(error).toMatchObject({ code: "DIMSE_UNREACHABLE", retry: "later", details: { reason: "ECONNREFUSED" } });
  });

  it("gives a silent peer up, with an A-ABORT", async () => {
    const made = await nest();
    const asked = failure(associateWith(made.port, [Verification], { timeouts: { association: 100 } }));
    const parrot = await made.next();
    expect(await asked).toMatchObject({ code: "DIMSE_TIMEOUT", details: { phase: "association" } });
    await parrot.expect(1);
    await parrot.expect(7);
  });

  it("tells an abort, a hang-up and another protocol apart", async () => {
    const aborting = await nest(async (parrot) => {
      await parrot.expect(1);
      parrot.send(abort(2, 1));
    });
    expect(await failure(associateWith(aborting.port))).toMatchObject({
      code: "DIMSE_ABORTED",
      details: { origin: "peer", source: 2, reason: 1 },
    });
    const closing = await nest(async (parrot) => {
      await parrot.expect(1);
      parrot.close();
    });
    expect(await failure(associateWith(closing.port))).toMatchObject({
      code: "DIMSE_ABORTED",
      details: { origin: "connection lost" },
    });
    const http = await nest(async (parrot) => parrot.send(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(await failure(associateWith(http.port))).toMatchObject({
      code: "DIMSE_PROTOCOL_ERROR",
      details: { problem: "PDU type 72" },
    });
  });

  it("needs a context that both sides want", async () => {
    const refusing = await nest(async (parrot) => parrot.send(associateAc({ answered: [[1, 3, IMPLICIT]] })));
    expect(await failure(associateWith(refusing.port))).toMatchObject({ code: "DIMSE_NO_ACCEPTED_CONTEXT" });
    const inventing = await nest(async (parrot) => parrot.send(associateAc({ answered: [[5, 0, IMPLICIT]] })));
    expect(await failure(associateWith(inventing.port))).toMatchObject({ code: "DIMSE_PROTOCOL_ERROR" });
    const converting = await nest(async (parrot) => parrot.send(associateAc({ answered: [[1, 0, EXPLICIT]] })));
    expect(await failure(associateWith(converting.port))).toMatchObject({ code: "DIMSE_PROTOCOL_ERROR" });
  });

  it.each(["", "   ", "SEVENTEEN_LETTERS", "A\\B", "A\nB", "É"])(
    "refuses the AE title %j before calling anybody",
    async (callingAETitle) => {
      const error = await failure(associateWith(1, [Verification], { callingAETitle }));
      expect(error).toMatchObject({ code: "DIMSE_INVALID_REQUEST", where: "callingAETitle" });
    },
  );

  it("refuses more than 128 contexts, or none, or what is no UID", async () => {
    for (const contexts of [[], new Array<string>(129).fill(Verification), ["../x"]]) {
      expect(await failure(associateWith(1, contexts))).toMatchObject({ code: "DIMSE_INVALID_REQUEST" });
    }
  });

  it("stops when its caller does", async () => {
    const made = await nest();
    const controller = new AbortController();
    const asked = failure(associateWith(made.port, [Verification], { signal: controller.signal }));
    const parrot = await made.next();
    await parrot.expect(1);
    controller.abort();
    expect(await asked).toMatchObject({ code: "DIMSE_CANCELLED" });
    await parrot.expect(7);
  });

  it("ends in order, even with a peer that only hangs up", async () => {
    const [polite, parrot] = await pair([Verification]);
    const released = polite.release();
    await parrot.expect(5);
    parrot.send(releaseRp());
    await released;
    expect(await parrot.read()).toBeUndefined();
    const [other, rude] = await pair([Verification]);
    const gone = other.release();
    await rude.expect(5);
    rude.close();
    await gone;
    expect(other.ended).toBe(true);
  });
});

describe("C-ECHO", () => {
  it("is answered, and the next one has another message ID", async () => {
    const [association, parrot] = await pair([Verification]);
    const ids: unknown[] = [];
    for (let i = 0; i < 2; i += 1) {
      const echo = association.echo();
      const request = await readMessage(parrot);
      ids.push(request.command.get(0x0110));
      expect(request.command.get(0x0002)).toBe(Verification);
      respond(parrot, request, 0);
      await echo;
    }
    expect(ids).toEqual([1, 2]);
  });

  it("aborts an association whose peer does not answer: it is never used again", async () => {
    const [association, parrot] = await pair([Verification], { timeouts: { response: 80 } });
    expect(await failure(association.echo())).toMatchObject({ code: "DIMSE_TIMEOUT", details: { phase: "response" } });
    await readMessage(parrot);
    await parrot.expect(7);
    expect(await failure(association.echo())).toMatchObject({ code: "DIMSE_CLOSED" });
  });

  it("refuses an answer to something else", async () => {
    const [association, parrot] = await pair([Verification]);
    const echo = failure(association.echo());
    await readMessage(parrot);
    sendMessage(parrot, 1, [
      [0x0100, 0x8030],
      [0x0120, 77],
      [0x0900, 0],
    ]);
    expect(await echo).toMatchObject({ code: "DIMSE_PROTOCOL_ERROR" });
    await parrot.expect(7);
  });

  it("is one at a time", async () => {
    const [association, parrot] = await pair([Verification]);
    const first = association.echo();
    expect(await failure(association.echo())).toMatchObject({ code: "DIMSE_BUSY" });
    respond(parrot, await readMessage(parrot), 0);
    await first;
  });
});

describe("C-FIND", () => {
  it("gives the matches as they come, with either pending status", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const found: (string | undefined)[] = [];
    const matches = association.find(find());
    const first = matches.next();
    const request = await readMessage(parrot);
    expect(request.data).toEqual(encodeDataSet(query(), IMPLICIT));
    respond(parrot, request, 0xff00, [], match("1.1"));
    const one = await first;
    found.push(one.done === true ? undefined : one.value.string(Tags.StudyInstanceUID));
    respond(parrot, request, 0xff01, [], match("1.2"));
    respond(parrot, request, 0x0000);
    for await (const other of matches) found.push(other.string(Tags.StudyInstanceUID));
    expect(found).toEqual(["1.1", "1.2"]);
  });

  it.each([
    [0xa700, "DIMSE_OUT_OF_RESOURCES", "later"],
    [0xa900, "DIMSE_STATUS_FAILURE", "human"],
    [0xc001, "DIMSE_STATUS_FAILURE", "human"],
    [0xfe00, "DIMSE_STATUS_FAILURE", "human"],
    [0x1234, "DIMSE_STATUS_FAILURE", "human"],
  ])("that ends with %i is an error, whatever was found before", async (status, code, retry) => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const found: DataSet[] = [];
    const asked = failure(
      (async () => {
        for await (const one of association.find(find())) found.push(one);
      })(),
    );
    const request = await readMessage(parrot);
    respond(parrot, request, 0xff00, [], match("1.1"));
    respond(parrot, request, status, [[0x0902, "DUPONT not found"]]);
    const error = await asked;
    expect(error).toMatchObject({ code, retry, values: { comment: "DUPONT not found" } });
    expect(JSON.stringify([error.message, error.details, error])).not.toContain("DUPONT");
    expect(found).toHaveLength(1);
    expect(association.ended).toBe(false);
  });

  it("that is cut short is never an empty answer", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const next = failure(association.find(find()).next());
    await readMessage(parrot);
    parrot.close();
    expect(await next).toMatchObject({ code: "DIMSE_ABORTED", retry: "later" });
  });

  it("left early is cancelled at the peer, and the association goes on", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const asked = (async () => {
      for await (const one of association.find(find())) return one.string(Tags.StudyInstanceUID);
      return undefined;
    })();
    const request = await readMessage(parrot);
    respond(parrot, request, 0xff00, [], match("1.1"));
    const cancel = await readMessage(parrot);
    expect([cancel.command.get(0x0100), cancel.command.get(0x0120)]).toEqual([0x0fff, request.command.get(0x0110)]);
    respond(parrot, request, 0xff00, [], match("1.2"));
    respond(parrot, request, 0xfe00);
    expect(await asked).toBe("1.1");
    const again = association.find(find()).next();
    respond(parrot, await readMessage(parrot), 0);
    expect(await again).toMatchObject({ done: true });
  });

  it("aborted by its caller is cancelled at the peer", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const controller = new AbortController();
    const next = failure(association.find(find(controller.signal)).next());
    const request = await readMessage(parrot);
    controller.abort();
    expect((await readMessage(parrot)).command.get(0x0100)).toBe(0x0fff);
    respond(parrot, request, 0xfe00);
    expect(await next).toMatchObject({ code: "DIMSE_CANCELLED" });
    expect(association.ended).toBe(false);
  });

  it("refuses a match of more than 1 MiB without keeping it", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const next = failure(association.find(find()).next());
    const request = await readMessage(parrot);
    const bytes = command(
      [0x0100, 0x8020],
      [0x0120, Number(request.command.get(0x0110))],
      [0x0800, 0],
      [0x0900, 0xff00],
    );
    parrot.send(pData(1, { command: true, last: true }, bytes));
    for (let i = 0; i < 20; i += 1) parrot.send(pData(1, { command: false, last: i === 19 }, Buffer.alloc(60_000)));
    expect((await readMessage(parrot)).command.get(0x0100)).toBe(0x0fff);
    respond(parrot, request, 0xfe00);
    expect(await next).toMatchObject({ code: "DIMSE_LIMIT_EXCEEDED" });
    expect(association.ended).toBe(false);
  });

  it("that cannot be encoded leaves the association as it was", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const identifier = new DataSet().set(Tags.AccessionNumber, "SH", "A\\B");
    expect((await failure(association.find({ sopClassUID: StudyRoot.find, identifier }).next())).code).toMatch(
      /^DICOM_/,
    );
    const again = association.find(find()).next();
    respond(parrot, await readMessage(parrot), 0);
    expect(await again).toMatchObject({ done: true });
  });

  it("refuses a match without anything in it", async () => {
    const [association, parrot] = await pair([StudyRoot.find]);
    const next = failure(association.find(find()).next());
    respond(parrot, await readMessage(parrot), 0xff00);
    expect(await next).toMatchObject({ code: "DIMSE_PROTOCOL_ERROR" });
  });
});

describe("C-MOVE", () => {
  const move = (association: Association, more: object = {}) =>
    association.move({ sopClassUID: StudyRoot.move, identifier: query(), destination: "DRIMBOX", ...more });

  it("names its destination, tells the progress and returns the final counts", async () => {
    const [association, parrot] = await pair([StudyRoot.move]);
    const progress: unknown[] = [];
    const moved = move(association, { onProgress: (counts: unknown) => progress.push(counts) });
    const request = await readMessage(parrot);
    expect(request.command.get(0x0600)).toBe("DRIMBOX");
    respond(parrot, request, 0xff00, [
      [0x1020, 2],
      [0x1021, 1],
      [0x1022, 0],
      [0x1023, 0],
    ]);
    respond(parrot, request, 0x0000, [
      [0x1021, 3],
      [0x1022, 0],
      [0x1023, 0],
    ]);
    expect(await moved).toEqual({
      status: 0,
      category: "success",
      counts: { remaining: undefined, completed: 3, failed: 0, warning: 0 },
      failedSOPInstanceUIDs: [],
    });
    expect(progress).toEqual([{ remaining: 2, completed: 1, failed: 0, warning: 0 }]);
  });

  it("names the instances that failed", async () => {
    const [association, parrot] = await pair([StudyRoot.move]);
    const moved = move(association);
    const request = await readMessage(parrot);
    const list = new DataSet().set(Tags.FailedSOPInstanceUIDList, "UI", ["1.2.1", "1.2.2"]);
    respond(
      parrot,
      request,
      0xb000,
      [
        [0x1021, 1],
        [0x1022, 2],
      ],
      encodeDataSet(list, IMPLICIT),
    );
    expect(await moved).toMatchObject({ category: "warning", failedSOPInstanceUIDs: ["1.2.1", "1.2.2"] });
  });

  it("to an unknown destination is a matter of configuration", async () => {
    const [association, parrot] = await pair([StudyRoot.move]);
    const moved = failure(move(association));
    respond(parrot, await readMessage(parrot), 0xa801);
    expect(await moved).toMatchObject({
      code: "DIMSE_DESTINATION_UNKNOWN",
      retry: "human",
      details: { destination: "DRIMBOX" },
    });
  });
});

describe("C-GET", () => {
  it("takes the instances that come in between and answers each", async () => {
    const [association, parrot] = await pair([StudyRoot.get, CT_IMAGE]);
    const got: [string, number][] = [];
    const outcome = association.get({
      sopClassUID: StudyRoot.get,
      identifier: query(),
      async store(request, data) {
        let bytes = 0;
        for await (const piece of data) bytes += piece.length;
        got.push([request.sopInstanceUID, bytes]);
        return 0;
      },
    });
    const request = await readMessage(parrot);
    for (const [index, uid] of ["1.2.1", "1.2.2"].entries()) {
      const store = [
        [0x0002, CT_IMAGE],
        [0x0100, 1],
        [0x0110, 50 + index],
        [0x0700, 0],
        [0x1000, uid],
      ] as const;
      sendMessage(parrot, 3, store, Buffer.alloc(100 + index));
      const answer = await readMessage(parrot);
      expect([answer.command.get(0x0100), answer.command.get(0x0120), answer.command.get(0x0900)]).toEqual([
        0x8001,
        50 + index,
        0,
      ]);
    }
    respond(parrot, request, 0, [
      [0x1021, 2],
      [0x1022, 0],
      [0x1023, 0],
    ]);
    expect((await outcome).counts.completed).toBe(2);
    expect(got).toEqual([
      ["1.2.1", 100],
      ["1.2.2", 101],
    ]);
  });
});

describe("C-STORE", () => {
  const instance = (data: Uint8Array | AsyncIterable<Uint8Array>) => ({
    sopClassUID: CT_IMAGE,
    sopInstanceUID: "1.2.3.4",
    transferSyntax: IMPLICIT,
    data,
  });

  async function* pieces(total: number, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < total; at += size) {
      yield Uint8Array.from({ length: Math.min(size, total - at) }, (_, i) => (at + i) % 251);
    }
  }

  it.each([
    [16_384, 100_000, 7_000],
    [4_096, 4_090, 4_090],
    [4_096, 4_091, 1],
    [0, 300_000, 65_536],
    [128, 1_000, 1_000],
    [9, 51, 50],
    [8, 20, 3],
    [4_096, 0, 1],
  ])("keeps to a peer's maximum of %i for %i bytes in pieces of %i", async (maximum, total, size) => {
    for (const whole of [false, true]) {
      const [association, parrot] = await pair([CT_IMAGE], {}, { maximumLength: maximum });
      const chunks: Uint8Array[] = [];
      for await (const piece of pieces(total, size)) chunks.push(piece);
      const expected = Buffer.concat(chunks);
      const stored = association.store(instance(whole ? expected : pieces(total, size)));
      const request = await readMessage(parrot);
      const padded = total % 2 === 0 ? expected : Buffer.concat([expected, Buffer.alloc(1)]);
      expect(request.data?.equals(padded)).toBe(true);
      for (const length of request.sizes) {
        expect(length % 2).toBe(0);
        expect(length).toBeLessThanOrEqual(maximum === 0 ? 131_072 : maximum);
      }
      respond(parrot, request, 0);
      expect(await stored).toEqual({ status: 0, category: "success", comment: undefined });
    }
  });

  it("tells whose sub-operation it is", async () => {
    const [association, parrot] = await pair([CT_IMAGE]);
    const moveOriginator = { aeTitle: "VIEWER", messageID: 12 };
    const stored = association.store({ ...instance(Buffer.alloc(4)), moveOriginator });
    const request = await readMessage(parrot);
    expect([request.command.get(0x1030), request.command.get(0x1031)]).toEqual(["VIEWER", 12]);
    respond(parrot, request, 0xb007, [[0x0902, "odd"]]);
    expect(await stored).toEqual({ status: 0xb007, category: "warning", comment: "odd" });
  });

  it("returns a failure, which concerns one instance only", async () => {
    const [association, parrot] = await pair([CT_IMAGE]);
    const stored = association.store(instance(Buffer.alloc(4)));
    respond(parrot, await readMessage(parrot), 0xa700);
    expect(await stored).toMatchObject({ status: 0xa700, category: "failure" });
    expect(association.ended).toBe(false);
  });

  it("waits for a slow peer instead of filling the memory, and gives a stuck one up", async () => {
    const [association, parrot] = await pair([CT_IMAGE], { timeouts: { network: 300 } });
    parrot.socket.pause();
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 65_536;
        yield Buffer.alloc(65_536);
      }
    }
    const error = await failure(association.store(instance(endless())));
    expect(error).toMatchObject({ code: "DIMSE_TIMEOUT", details: { phase: "sending" } });
    // What the kernel's two socket buffers take, and no more.
    expect(given).toBeLessThan(20_000_000);
    expect(association.ended).toBe(true);
  });

  it("aborts when its data cannot be read to the end: the peer must not keep half an image", async () => {
    const [association, parrot] = await pair([CT_IMAGE]);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(40_000);
      throw new Error("disk");
    }
    await expect(association.store(instance(broken()))).rejects.toThrow("disk");
    await eventually(() => association.ended);
    let last = await parrot.read();
    for (let one = last; one !== undefined; one = await parrot.read()) last = one;
    expect(last?.type).toBe(7);
  });

  it("needs the exact transfer syntax of the data", async () => {
    const [association] = await pair([CT_IMAGE]);
    const error = await failure(association.store({ ...instance(Buffer.alloc(2)), transferSyntax: EXPLICIT }));
    expect(error).toMatchObject({ code: "DIMSE_NO_ACCEPTED_CONTEXT" });
  });
});
