/** The certificate of the listener that browsers call: swapped while it runs, and never for a bad one. */
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { publicTls } from "../../appliance/trust/index.ts";
import { testIdentities } from "../support/tls.ts";

const identities = testIdentities("first", "second");
const folder = mkdtempSync(join(tmpdir(), "public-tls-"));
const files = { keyFile: join(folder, "own.key"), certificateFile: join(folder, "own.pem") };
afterAll(() => {
  identities.remove();
  rmSync(folder, { recursive: true });
});

function install({ keyFile, certificateFile }: typeof files) {
  copyFileSync(keyFile, files.keyFile);
  copyFileSync(certificateFile, files.certificateFile);
}

it("is swapped while the listener runs; one that does not fit its key is told, and the old one stays", async () => {
  install(identities.first);
  const tls = await publicTls({ ...files, checkEverySeconds: 3600, log: silent });
  const server = createServer(tls.options, (_request, response) => response.end("x"));
  tls.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  async function seen(options: { maxVersion?: "TLSv1.1" | "TLSv1.2" } = {}): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, minVersion: "TLSv1", ...options });
    try {
      await once(socket, "secureConnect");
      return `${socket.getPeerCertificate().subject.CN} ${socket.getProtocol()}`;
    } finally {
      socket.destroy();
    }
  }
  try {
    expect(await seen()).toBe("first TLSv1.3");
    expect(await seen({ maxVersion: "TLSv1.2" })).toBe("first TLSv1.2");
    await expect(seen({ maxVersion: "TLSv1.1" })).rejects.toThrow();

    install(identities.second);
    await tls.refresh();
    expect(await seen()).toBe("second TLSv1.3");

    writeFileSync(files.certificateFile, readFileSync(identities.first.certificateFile));
    await tls.refresh();
    expect(tls.problems()).toMatchObject([{ code: "TRUST_KEY_MISMATCH" }]);
    expect(await seen()).toBe("second TLSv1.3");

    install(identities.first);
    await tls.refresh();
    expect(tls.problems()).toEqual([]);
    expect(await seen()).toBe("first TLSv1.3");
  } finally {
    tls.close();
    server.close();
  }
});

it("that is missing at the start stops the start", async () => {
  const nowhere = { keyFile: join(folder, "none"), certificateFile: join(folder, "none"), checkEverySeconds: 3600 };
  await expect(publicTls({ ...nowhere, log: silent })).rejects.toMatchObject({ code: "TRUST_FILE_UNREADABLE" });
});
