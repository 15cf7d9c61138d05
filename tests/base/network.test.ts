import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer, connect as handshake } from "node:tls";
import { expect, it } from "vitest";
import { boundConnections, subscriberOf } from "../../appliance/base/index.ts";
import { testIdentities } from "../support/tls.ts";

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2::1", "2001:db8:1:00"],
  ["2001:db8:1:ff:ffff:ffff:ffff:ffff", "2001:db8:1:00"],
  ["2001:db8:1:100::1", "2001:db8:1:01"],
  ["2001:db8:1:fe09::1", "2001:db8:1:fe"],
  ["2001:db8::9:0:0:0:1", "2001:db8:0:00"],
  ["::1", "0:0:0:00"],
  ["fe80::1%eth0", "fe80:0:0:00"],
  ["", ""],
])("behind %s stands %s", (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});

it("one subscriber has so many connections, and gets another when one of them ends", async () => {
  const server = createServer((socket) => socket.on("error", () => {}));
  boundConnections(server, { all: 10, ofOne: 2 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  async function stays(): Promise<boolean> {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    sockets.push(socket);
    await once(socket, "connect");
    return Promise.race([once(socket, "close").then(() => false), sleep(100).then(() => true)]);
  }
  expect([await stays(), await stays(), await stays()]).toEqual([true, true, false]);
  sockets[0]?.destroy();
  await sleep(50);
  expect(await stays()).toBe(true);
  for (const socket of sockets) socket.destroy();
  server.close();
});

it("strangers whose handshake never ends give way to each other, and never take the places of those who are in", async () => {
  const { one, remove } = testIdentities("one");
  const server = createTlsServer({ cert: one.cert, key: one.key }, (socket) => socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  boundConnections(server, { all: 8, ofOne: 8 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const comesIn = async () => {
    const socket = handshake({ port, host: "127.0.0.1", ca: one.cert });
    await once(socket, "secureConnect");
    return socket;
  };
  const inside = [await comesIn(), await comesIn(), await comesIn()];
  const strangers: Socket[] = [];
  for (let number = 0; number < 6; number++) {
    const stranger = connect(port, "127.0.0.1").on("error", () => {});
    strangers.push(stranger);
    await once(stranger, "connect");
    await sleep(20);
  }
  expect(strangers.map(({ readyState }) => readyState === "open")).toEqual([false, false, false, false, true, true]);
  inside.push(await comesIn());
  expect(inside.map(({ readyState }) => readyState)).toEqual(["open", "open", "open", "open"]);
  for (const socket of [...inside, ...strangers]) socket.destroy();
  server.close();
  remove();
});
