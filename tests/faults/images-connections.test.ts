/** Connections to the listener of images: who holds one for nothing loses it, and each request on one is judged alone. */
import { Agent } from "node:https";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { within } from "../../appliance/base/index.ts";
import {
  type Asking,
  anAddress,
  type ImageSite,
  openImageSite,
  type Published,
  type Remains,
  until,
} from "./images-site.ts";

let site: ImageSite;
/** An exam that is at hand. */
let shared: Published;
let quiet: Remains;

beforeAll(async () => {
  site = await openImageSite({ archives: { get: { retrieve: ["c-get"], mostAssociations: 1 } } });
  shared = await site.publish("get");
  expect((await site.ask(shared)).end).toBe("whole");
  await sleep(1000);
  quiet = site.remains();
});
afterAll(() => site[Symbol.asyncDispose]());

/** Who holds a connection and gives nothing for it: the box ends it by itself, within so many seconds. */
type Holder = readonly [who: string, seconds: number, holds: (from: string) => Promise<readonly Socket[]>];

const HOLDERS: readonly Holder[] = [
  ["opens 600 connections and says nothing", 20, (from) => Promise.all(Array.from({ length: 600 }, () => plain(from)))],
  ["shows his certificate and says nothing", 25, async (from) => [(await site.dial(from)).resume()]],
  ["sends his request one byte a second", 25, async (from) => [drip(await site.dial(from), site.lines(shared))]],
  ["sends a body that nobody wants, one byte a second", 25, async (from) => [dripBody(await site.dial(from))]],
  ["asks and asks, and reads no answer", 50, async (from) => [flood(await site.dial(from))]],
  ["is nobody, asks and asks, and reads no answer", 50, async (from) => [flood(await site.dial(from, NOBODY))]],
];

const NOBODY = { cert: "", key: "" };
const OPTIONS = "OPTIONS /dicom-web-rs/studies HTTP/1.1\r\nHost: a\r\n\r\n";

/** Without TLS: the handshake that is waited for never comes. */
function plain(from: string): Promise<Socket> {
  const socket = connect({ ...site.site.box.addresses.images!, localAddress: from });
  return new Promise((resolve) => socket.once("connect", () => resolve(socket)).on("error", () => resolve(socket)));
}

function drip(socket: Socket, text: string): Socket {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? "a"), 1000);
  return socket.resume().on("close", () => clearInterval(timer));
}

function dripBody(socket: Socket): Socket {
  socket.write(site.lines(shared, { "content-length": "1000" }));
  return drip(socket, "");
}

/** Asks as fast as it is taken, and reads nothing. */
function flood(socket: Socket): Socket {
  const many = Buffer.from(OPTIONS.repeat(1000));
  const more = () => {
    while (!socket.destroyed && socket.write(many));
  };
  socket.on("drain", more);
  more();
  return socket;
}

const ended = (socket: Socket) =>
  new Promise((resolve) => (socket.closed ? resolve(0) : socket.once("close", resolve)));

describe.concurrent("who", () => {
  afterAll(() => site.settles(quiet));

  it.each(HOLDERS)("%s: his connection is ended within %i s", async (_, seconds, holds) => {
    const sockets = await holds(anAddress());
    await within(Promise.all(sockets.map(ended)), seconds * 1000);
  });

  it("reads 1 kB a second: he is left within 45 s", async () => {
    const one = await site.publish("get", { series: [{ kind: "CT", images: 12, size: 1024 }] });
    const last = await site.lastRecord();
    const socket = await site.dial(anAddress());
    socket.pause().write(site.lines(one));
    const reading = setInterval(() => socket.read(1024), 1000);
    const recorded = async () => (await site.trail(last, "IMAGES_READER_SLOW")) || undefined;
    expect(await until(recorded, "recorded", 45_000)).toBe("images-sent 8 IMAGES_READER_SLOW");
    clearInterval(reading);
    socket.destroy();
  });

  it("asks meanwhile as he should is served, every time", async () => {
    const from = anAddress();
    for (const end = Date.now() + 35_000; Date.now() < end; await sleep(200)) {
      const asked = site.ask(shared, { identity: site.third, from });
      expect((await within(asked, 5000)).end).toBe("whole");
    }
  });
});

describe("one connection", () => {
  it("with several tokens: each request is judged by its own", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const nurse = await site.sandbox.psc.issue("nurse");
    const requests: readonly (readonly [string, Asking["headers"]])[] = [
      ["whole", {}],
      ["401", { authorization: "Bearer forged" }],
      ["whole", {}],
      ["401", { authorization: undefined }],
      ["403", { authorization: `Bearer ${nurse}` }],
      ["404", { "kos-sopinstanceuid": "2.25.1" }],
      ["400", { "kos-sopinstanceuid": undefined }],
      ["whole", {}],
    ];
    const ends: string[] = [];
    for (const [, headers] of requests) ends.push((await site.ask(shared, { headers: headers ?? {}, agent })).end);
    expect(ends).toEqual(requests.map(([end]) => end));
    expect(Object.values(agent.sockets).flat().length + Object.values(agent.freeSockets).flat().length).toBe(1);
    agent.destroy();
    await site.settles(quiet);
  });

  it("with requests that do not wait for their answers: each has its own, in their order", async () => {
    const nurse = await site.sandbox.psc.issue("nurse");
    const socket = await site.dial(anAddress());
    const tokens = [site.token, "forged", nurse, site.token];
    const asked = tokens.map((one) => site.lines(shared, { authorization: `Bearer ${one}` }));
    let answer = "";
    socket.on("data", (piece: Buffer) => {
      answer += piece.toString("latin1");
    });
    socket.write(asked.join(""));
    const statuses = () => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    await until(() => (statuses().length === 4 && answer.endsWith("0\r\n\r\n") ? true : undefined), "answered");
    expect(statuses()).toEqual(["200", "401", "403", "200"]);
    socket.destroy();
    await site.settles(quiet);
  });

  it("whose owner leaves: none of the requests that wait on it goes on", async () => {
    const slow = await Promise.all([1, 2, 3].map(() => site.publish("get", { series: [{ kind: "CT", images: 40 }] })));
    slow[0]?.archive.pacs.behave({ pause: 300 });
    const socket = await site.dial(anAddress());
    socket.write(slow.map((one) => site.lines(one)).join(""));
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await site.settles(quiet);
    slow[0]?.archive.pacs.behave({});
  });

  it("is not renegotiated", async () => {
    const socket = await site.dial(anAddress(), { maxVersion: "TLSv1.2" });
    const outcome = await new Promise((resolve) => {
      socket.once("error", resolve);
      if (socket.renegotiate({}, resolve) === undefined) resolve(new Error("not possible"));
    });
    expect(outcome).toBeInstanceOf(Error);
    socket.destroy();
    await site.settles(quiet);
  });
});
