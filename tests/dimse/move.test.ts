import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { DataSet, Tags } from "../../appliance/dicom/index.ts";
import {
  type DicomServer,
  type OutgoingInstance,
  type ReceivedStore,
  type Requestor,
  Status,
  StudyRoot,
} from "../../appliance/dimse/index.ts";
import { acceptCommon, associateWith, CT_IMAGE, EXPLICIT, IMPLICIT, startNode } from "../support/dimse.ts";

const servers: DicomServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function node(...[handlers, options]: Parameters<typeof startNode>) {
  const started = await startNode(handlers, { limits: { drain: 100 }, ...options });
  servers.push(started.server);
  return started;
}

const identifier = new DataSet().set(Tags.QueryRetrieveLevel, "CS", "STUDY").set(Tags.StudyInstanceUID, "UI", "1.2");

function instance(changes: Partial<OutgoingInstance> = {}): OutgoingInstance {
  return {
    sopClassUID: CT_IMAGE,
    sopInstanceUID: "1.2.3",
    transferSyntax: EXPLICIT,
    open: (transferSyntax) => Buffer.from(transferSyntax.padEnd(64)),
    ...changes,
  };
}

/** A destination that keeps what it is told, and takes these syntaxes. */
async function destination(...syntaxes: string[]) {
  const received: ReceivedStore[] = [];
  const data: string[] = [];
  const asked: Requestor[] = [];
  const { port } = await node(
    {
      async store(request, pieces) {
        received.push(request);
        for await (const piece of pieces) data.push(Buffer.from(piece).toString().trim());
        return Status.success;
      },
    },
    {
      acceptContext(_abstractSyntax, offered, requestor) {
        asked.push(requestor);
        const transferSyntax = offered.find((uid) => syntaxes.includes(uid));
        return transferSyntax === undefined ? { refused: "transfer syntaxes" } : { transferSyntax };
      },
    },
  );
  return { received, data, asked, to: { host: "127.0.0.1", port, aeTitle: "DEST" } };
}

describe("a C-MOVE", () => {
  it("names its request to the destination by the message ID that was chosen for it", async () => {
    const { to, received } = await destination(EXPLICIT);
    const { port } = await node({ move: async () => ({ destination: to, instances: [instance()] }) });
    await using association = await associateWith(port, [StudyRoot.move]);
    const request = { sopClassUID: StudyRoot.move, identifier, destination: "DEST" };
    await association.move({ ...request, messageID: 4_711 });
    await association.move({ ...request, messageID: 17 });
    await association.move(request);
    expect(received.map((one) => [one.moveOriginatorAETitle, one.moveOriginatorMessageID])).toEqual([
      ["CALLING", 4_711],
      ["CALLING", 17],
      ["CALLING", 18],
    ]);
  });

  it("tells the destination who calls before it chooses the contexts", async () => {
    const { to, asked } = await destination(EXPLICIT);
    const { port } = await node({ move: async () => ({ destination: to, instances: [instance()] }) });
    await using association = await associateWith(port, [StudyRoot.move]);
    await association.move({ sopClassUID: StudyRoot.move, identifier, destination: "DEST" });
    expect(asked).toMatchObject([{ callingAETitle: "CALLED", calledAETitle: "DEST", address: "127.0.0.1" }]);
  });

  it.each([
    ["as it is, where it is taken so", [EXPLICIT, IMPLICIT], EXPLICIT],
    ["converted, where it is not", [IMPLICIT], IMPLICIT],
  ])("sends an instance %s", async (_, taken, sent) => {
    const { to, received, data } = await destination(...taken);
    const instances = [instance({ alsoIn: [IMPLICIT] })];
    const { port } = await node({ move: async () => ({ destination: to, instances }) });
    await using association = await associateWith(port, [StudyRoot.move]);
    await association.move({ sopClassUID: StudyRoot.move, identifier, destination: "DEST" });
    expect([received.map(({ transferSyntax }) => transferSyntax), data]).toEqual([[sent], [sent]]);
  });

  it("may be served over associations of the node itself, which is told for whom", async () => {
    const told: unknown[] = [];
    const { to } = await destination(EXPLICIT);
    const { port } = await node({
      move: async () => ({
        destination: to,
        instances: [instance(), instance({ sopInstanceUID: "1.2.4" })],
        async store({ sopInstanceUID }, originator) {
          told.push([sopInstanceUID, originator]);
          return sopInstanceUID === "1.2.4" ? Status.outOfResources : Status.success;
        },
      }),
    });
    await using association = await associateWith(port, [StudyRoot.move]);
    const request = { sopClassUID: StudyRoot.move, identifier, destination: "DEST", messageID: 5 };
    expect(await association.move(request)).toMatchObject({
      counts: { completed: 1, failed: 1 },
      failedSOPInstanceUIDs: ["1.2.4"],
    });
    const originator = { aeTitle: "CALLING", messageID: 5 };
    expect(told).toEqual([
      ["1.2.3", originator],
      ["1.2.4", originator],
    ]);
  });

  it.each([
    ["is given up when nothing is heard of it", false],
    ["is waited for while something is", true],
  ])("%s", async (_, heard) => {
    const { to } = await destination(EXPLICIT);
    const store = () => delay(1_500, Status.success);
    const { port } = await node({ move: async () => ({ destination: to, instances: [instance()], store }) });
    await using association = await associateWith(port, [StudyRoot.move], { timeouts: { response: 600 } });
    const moving = association.move({ sopClassUID: StudyRoot.move, identifier, destination: "DEST" });
    const telling = heard ? setInterval(() => association.progress(), 20) : undefined;
    try {
      if (heard) expect(await moving).toMatchObject({ status: Status.success });
      else await expect(moving).rejects.toMatchObject({ code: "DIMSE_TIMEOUT" });
    } finally {
      clearInterval(telling);
    }
  });
});

describe("a C-GET", () => {
  it.each([
    ["as it is, where it is taken so", [EXPLICIT, IMPLICIT], EXPLICIT],
    ["converted, where it is not", [IMPLICIT], IMPLICIT],
  ])("brings an instance %s", async (_, taken, sent) => {
    const { port } = await node(
      { get: async () => [instance({ alsoIn: [IMPLICIT] })] },
      { acceptContext: acceptCommon },
    );
    const contexts = taken.map((uid) => ({ abstractSyntax: CT_IMAGE, transferSyntaxes: [uid], scp: true }));
    const service = { abstractSyntax: StudyRoot.get, transferSyntaxes: [IMPLICIT] };
    await using association = await associateWith(port, [], { presentationContexts: [service, ...contexts] });
    const received: string[] = [];
    await association.get({
      sopClassUID: StudyRoot.get,
      identifier,
      async store({ transferSyntax }, data) {
        for await (const piece of data) received.push(transferSyntax, Buffer.from(piece).toString().trim());
        return Status.success;
      },
    });
    expect(received).toEqual([sent, sent]);
  });
});
