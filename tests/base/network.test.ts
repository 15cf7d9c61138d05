import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { boundConnections, subscriberOf } from "../../appliance/base/index.ts";

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2::1", "2001:db8:1:2"],
  ["2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2"],
  ["2001:db8::9:0:0:0:1", "2001:db8:0:9"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
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
