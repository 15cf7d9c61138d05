import { readFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { buildAck, createMllpServer, type MllpPeer, sendMllp } from "../../appliance/hl7/index.ts";
import { testCertificate } from "../support/certificates.ts";
import { hasCommand } from "../support/peers.ts";

const host = "127.0.0.1";
const message = Buffer.from("MSH|^~\\&|RIS|S|B|S|1||ORU^R01|1|P|2.5");

describe.skipIf(!hasCommand("openssl"))("MLLP over mutual TLS (skipped without openssl)", () => {
  it("names the client by its certificate, refuses one without, and frees the place of each connection", async () => {
    const [box, ris] = ["BOX", "RIS-1"].map((name) => {
      const { keyFile, certificateFile } = testCertificate({ subject: `/CN=${name}`, keyType: "ec" });
      return { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
    }) as [{ key: Buffer; cert: Buffer }, { key: Buffer; cert: Buffer }];
    const peers: MllpPeer[] = [];
    const server = createMllpServer({
      host,
      port: 0,
      allowAddresses: "any",
      limits: { connections: 2 },
      tls: { ...box, ca: ris.cert, requestCert: true, rejectUnauthorized: true },
      async onMessage(bytes, peer) {
        peers.push(peer);
        return buildAck(bytes, { code: "AA", controlId: "A", now: new Date(0) });
      },
      log: silent,
    });
    await server.listen();
    const { port } = server.address();
    const trust = { ca: box.cert, checkServerIdentity: () => undefined };
    try {
      for (let i = 0; i < 5; i++) {
        const ack = await sendMllp({ host, port, tls: { ...trust, ...ris } }, message);
        expect(ack.toString()).toContain("MSA|AA|1");
        await sleep(20);
      }
      expect(peers).toHaveLength(5);
      expect(peers[0]).toMatchObject({ address: host, certificateSubject: "RIS-1" });

      await expect(sendMllp({ host, port, tls: trust }, message)).rejects.toMatchObject({
        code: "HL7_PEER_UNREACHABLE",
      });
      // Plain MLLP on a TLS port, and a peer that never shakes hands: neither keeps its place.
      await expect(sendMllp({ host, port }, message)).rejects.toMatchObject({ code: "HL7_PEER_UNREACHABLE" });
      for (let i = 0; i < 5; i++) {
        net
          .connect({ host, port })
          .on("error", () => undefined)
          .destroy();
        await sleep(10);
      }
      expect((await sendMllp({ host, port, tls: { ...trust, ...ris } }, message)).toString()).toContain("MSA|AA|1");
    } finally {
      await server.close();
    }
  });
});
