import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { request } from "undici";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NationalTlsOptions } from "../../appliance/trust/index.ts";
import { createSandboxPki, NEIGHBOUR, type SandboxIdentity, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { hasCommand } from "../support/peers.ts";
import { type NationalSite, nationalSite } from "./national-site.ts";

const DAY = 86_400_000;
const NAME = `CN=drimbox.${NEIGHBOUR.id},OU=${NEIGHBOUR.id},O=${NEIGHBOUR.name},ST=Paris (75),C=FR`;

let pki: SandboxPki;
let neighbour: SandboxIdentity;
let site: NationalSite | undefined;
beforeAll(async () => {
  pki = await createSandboxPki();
  neighbour = pki.structures[1].auth;
});
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await site?.close();
  site = undefined;
});
const open = async (options: Parameters<typeof nationalSite>[1] = {}) => {
  site = await nationalSite(pki, options);
  return site;
};
const client = (name: string, request: object = {}) =>
  pki.issue({ name, kind: "ORG AUTH_CLI", structure: NEIGHBOUR, ...request });

describe("a box that calls", () => {
  it("is known by its whole distinguished name when its certificate is good", async () => {
    const { ask, tls } = await open();
    expect(await ask(neighbour)).toEqual({ authorized: true, name: NAME });
    expect(tls.problems()).toEqual([]);
  });

  it.each([
    ["shows no certificate", "TRUST_PEER_NO_CERTIFICATE", async () => undefined],
    [
      "is of an authority with the right name and another key",
      "TRUST_PEER_UNKNOWN_AUTHORITY",
      () => client("fake", { untrusted: true }),
    ],
    ["is of the authority of the servers", "TRUST_PEER_UNKNOWN_AUTHORITY", async () => (await pki.market()).server],
    ["shows a certificate that has expired", "TRUST_PEER_EXPIRED", () => client("expired", { expired: true })],
    [
      "shows one that begins in a month (or the clock is slow)",
      "TRUST_PEER_NOT_YET_VALID",
      () => client("early", { early: true }),
    ],
    ["shows its signing certificate", "TRUST_PEER_WRONG_USAGE", async () => pki.structures[1].sign],
    ["shows a certificate that names no usage", "TRUST_PEER_WRONG_USAGE", () => client("bare", { kind: "BARE" })],
  ])("is refused with its reason when it %s", async (_, code, identity) => {
    const { ask } = await open();
    expect(await ask(await identity())).toMatchObject({ authorized: false, code });
  });

  it("is told apart from a wrong clock", async () => {
    const { tls } = await open();
    const { definitions } = (await import("../../appliance/trust/index.ts")).trustErrors;
    expect(definitions.TRUST_PEER_NOT_YET_VALID).toMatchObject({ retry: "later" });
    expect(definitions.TRUST_PEER_NOT_YET_VALID.remedy.en).toContain("clock");
    expect(tls.certificate.subject).toContain("CN=localhost");
  });

  it("is no longer accepted on an old connection once its certificate has expired", async () => {
    let now = new Date();
    const { client, port } = await open({ now: () => now });
    const dispatcher = client(neighbour);
    const ask = async () => (await request(`https://127.0.0.1:${port}/`, { dispatcher })).body.json();
    expect(await ask()).toMatchObject({ authorized: true });
    now = new Date(Date.now() + 400 * DAY);
    expect(await ask()).toMatchObject({ authorized: false, code: "TRUST_PEER_EXPIRED" });
  });
});

describe("revocation, at every level", () => {
  const authority = () => ({ certificate: readFileSync(join(pki.dir, "organisations.pem"), "latin1") });
  const old = () => new Date(Date.now() - 60 * DAY);
  const soon = () => new Date(Date.now() + 5 * DAY);

  it.each<[string, string, () => Promise<string[]>, string[]]>([
    [
      "the caller is revoked",
      "TRUST_PEER_REVOKED",
      async () => [await pki.revoke("root"), await pki.revoke("organisations", { revoked: [neighbour] })],
      [],
    ],
    [
      "its authority is revoked",
      "TRUST_PEER_REVOKED",
      async () => [await pki.revoke("root", { revoked: [authority()] }), await pki.revoke("organisations")],
      [],
    ],
    [
      "there is no CRL at all",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [],
      ["TRUST_CRL_MISSING", "TRUST_CRL_MISSING"],
    ],
    [
      "the root's is missing",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("organisations")],
      ["TRUST_CRL_MISSING"],
    ],
    [
      "the authority's is missing",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root")],
      ["TRUST_CRL_MISSING"],
    ],
    [
      "the root's is out of date",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root", { madeAt: old() }), await pki.revoke("organisations")],
      ["TRUST_CRL_EXPIRED"],
    ],
    [
      "the authority's is out of date",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root"), await pki.revoke("organisations", { madeAt: old() })],
      ["TRUST_CRL_EXPIRED"],
    ],
    [
      "one is of the days to come",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root"), await pki.revoke("organisations", { madeAt: soon() })],
      [],
    ],
    [
      "the authority's is signed by another",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root"), await pki.revoke("forger")],
      ["TRUST_CRL_FOREIGN", "TRUST_CRL_MISSING"],
    ],
    [
      "only the changes since another list are there",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root"), await pki.revoke("organisations", { delta: true })],
      ["TRUST_CRL_FOREIGN", "TRUST_CRL_MISSING"],
    ],
    [
      "a file is not there",
      "TRUST_PEER_REVOCATION_UNKNOWN",
      async () => [await pki.revoke("root"), "/nowhere/organisations.crl"],
      ["TRUST_FILE_UNREADABLE", "TRUST_CRL_MISSING"],
    ],
  ])("refuses when %s", async (_, code, files, problems) => {
    const { ask, tls, warnings } = await open({ revocationFiles: await files() });
    expect(await ask(neighbour)).toMatchObject({ authorized: false, code, name: NAME });
    expect(tls.problems().map((problem) => problem.code)).toEqual(problems);
    expect(warnings).toEqual(problems);
  });

  it("leaves the others in when one caller is revoked", async () => {
    const other = await client("other");
    const revocationFiles = [await pki.revoke("root"), await pki.revoke("organisations", { revoked: [other] })];
    const { ask } = await open({ revocationFiles });
    expect(await ask(neighbour)).toMatchObject({ authorized: true });
    expect(await ask(other)).toMatchObject({ code: "TRUST_PEER_REVOKED" });
  });

  it("takes CRLs as authorities publish them (DER), and several in one file", async () => {
    const pems = [await pki.revoke("root"), await pki.revoke("organisations", { revoked: [neighbour] })].map((file) =>
      readFileSync(file, "latin1"),
    );
    const der = pems.map((pem, at) => {
      const file = join(pki.dir, `${at}.der.crl`);
      writeFileSync(file, Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64"));
      return file;
    });
    const bundle = join(pki.dir, "bundle.crl");
    writeFileSync(bundle, pems.join("\n"));
    for (const revocationFiles of [der, [bundle]]) {
      const { ask, tls, close } = await nationalSite(pki, { revocationFiles });
      expect(tls.problems()).toEqual([]);
      expect(await ask(neighbour)).toMatchObject({ code: "TRUST_PEER_REVOKED" });
      expect(await ask(pki.structures[0].auth)).toMatchObject({ authorized: true });
      await close();
    }
  });
});

describe("what it speaks", () => {
  const handshake = async (options: object): Promise<TLSSocket> => {
    const { port, serverAuthority } = site as NationalSite;
    const socket = connect({ port, host: "127.0.0.1", ca: serverAuthority, ...options });
    sockets.push(socket);
    const done = Promise.withResolvers<TLSSocket>();
    socket.once("secureConnect", () => done.resolve(socket)).once("error", done.reject);
    return done.promise;
  };

  it.each([
    ["TLS 1.3", {}, "TLSv1.3", "TLS_AES_256_GCM_SHA384"],
    ["TLS 1.2", { maxVersion: "TLSv1.2" }, "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"],
    [
      "its own order of suites",
      { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384" },
      "TLSv1.2",
      "ECDHE-RSA-AES256-GCM-SHA384",
    ],
  ] as const)("%s", async (_, options, protocol, suite) => {
    await open();
    const socket = await handshake(options);
    expect([socket.getProtocol(), socket.getCipher().name]).toEqual([protocol, suite]);
    socket.destroy();
  });

  it.each([
    ["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }],
    ["CBC suites", { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-SHA256" }],
    ["RSA key transport", { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" }],
    ["finite-field Diffie-Hellman", { maxVersion: "TLSv1.2", ciphers: "DHE-RSA-AES128-GCM-SHA256" }],
    ["a curve of its own choice", { ecdhCurve: "secp256k1" }],
    ["SHA-1 signatures", { maxVersion: "TLSv1.2", sigalgs: "rsa_pkcs1_sha1", ciphers: "DEFAULT:@SECLEVEL=0" }],
  ])("not %s", async (_, options) => {
    await open();
    await expect(handshake(options)).rejects.toThrow();
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "no resumed session (%s): each connection is asked for its certificate, also after a swap of files",
    async (version) => {
      const { tls, server } = await open();
      for (const turn of ["first context", "swapped context"]) {
        const sessions: Buffer[] = [];
        const own = { cert: neighbour.certificate, key: neighbour.key, minVersion: version, maxVersion: version };
        const first = await handshake(own);
        first.on("session", (session: Buffer) => sessions.push(session));
        first.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        await new Promise((done) => first.once("data", done));
        const session = sessions.at(-1) ?? first.getSession();
        first.destroy();
        const again = await handshake({ ...own, session });
        expect([turn, again.isSessionReused()]).toEqual([turn, false]);
        again.destroy();
        await pki.revoke("root");
        await tls.refresh();
        expect(server.listening).toBe(true);
      }
    },
  );

  it.each(["TLSv1.2", "TLSv1.3"] as const)("no renegotiation (%s)", async (version) => {
    await open();
    const socket = await handshake({ maxVersion: version });
    const outcome = await new Promise<Error | null>((done) => {
      socket.once("error", done);
      if (socket.renegotiate({}, done) === undefined) done(new Error("not possible"));
    });
    expect(outcome).toBeInstanceOf(Error);
    socket.destroy();
  });
});

describe.skipIf(!hasCommand("openssl"))("openssl s_client (skipped when absent)", () => {
  /** Its output once `wanted` is in it; `text` is typed after the handshake. */
  async function client(version: string, text: string, wanted: RegExp, ...options: string[]): Promise<string> {
    const { port } = site as NationalSite;
    const own = [
      "-cert",
      neighbour.certificateFile,
      "-cert_chain",
      neighbour.certificateFile,
      "-key",
      neighbour.keyFile,
    ];
    const trust = ["-CAfile", (await pki.market()).rootFile, "-verify_return_error"];
    const all = [version, "-connect", `127.0.0.1:${port}`, ...own, ...trust, ...options];
    const child = spawn("openssl", ["s_client", ...all]);
    const ended = once(child, "exit");
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        output += piece;
      });
    }
    await expect.poll(() => output, { timeout: 10_000 }).toContain("Verification: OK");
    child.stdin.write(text);
    await expect.poll(() => output, { timeout: 10_000 }).toMatch(wanted);
    child.kill();
    await ended;
    return output;
  }

  it.each(["-tls1_2", "-tls1_3"])("is known by its certificate (%s)", async (version) => {
    await open();
    const output = await client(version, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", /authorized/);
    expect(output).toContain(`{"authorized":true,"name":"${NAME}"}`);
  });

  it("gets a whole handshake each time it comes back", async () => {
    await open();
    const output = await client("-tls1_2", "", /(^New, TLSv1.2.*?){6}/ms, "-reconnect");
    expect(output).not.toMatch(/^Reused/m);
  });

  it("may not renegotiate", async () => {
    await open();
    await client("-tls1_2", "R\n", /no renegotiation/);
  });
});

describe("files that change while it serves", () => {
  /** Copies of the files in use, to be replaced at will. */
  async function live(): Promise<
    Pick<NationalTlsOptions, "keyFile" | "certificateFile" | "clientAuthorityFile" | "revocationFiles">
  > {
    const { server } = await pki.market();
    const at = (name: string, source: string) => {
      const file = join(pki.dir, `live-${name}`);
      copyFileSync(source, file);
      return file;
    };
    return {
      keyFile: at("key", server.keyFile),
      certificateFile: at("certificate", server.certificateFile),
      clientAuthorityFile: at("authorities", pki.trustFile),
      revocationFiles: [at("root", await pki.revoke("root")), at("organisations", await pki.revoke("organisations"))],
    };
  }
  const serial = async ({ port }: NationalSite) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await new Promise((done) => socket.once("secureConnect", done));
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    return certificate?.serialNumber;
  };

  it("a caller that is revoked now is refused at its next connection", async () => {
    const files = await live();
    const { ask, tls } = await open(files);
    expect(await ask(neighbour)).toMatchObject({ authorized: true });
    copyFileSync(await pki.revoke("organisations", { revoked: [neighbour] }), files.revocationFiles[1] as string);
    await tls.refresh();
    expect(await ask(neighbour)).toMatchObject({ code: "TRUST_PEER_REVOKED" });
    expect(await ask(pki.structures[0].auth)).toMatchObject({ authorized: true });
  });

  it("a renewed server certificate is shown to those who come", async () => {
    const files = await live();
    const running = await open(files);
    const before = await serial(running);
    copyFileSync(pki.dmpServer.keyFile, files.keyFile);
    await running.tls.refresh();
    expect(running.warnings).toEqual(["TRUST_KEY_MISMATCH"]);
    expect(await serial(running)).toBe(before);
    copyFileSync(pki.dmpServer.certificateFile, files.certificateFile);
    await running.tls.refresh();
    expect(running.tls.problems()).toEqual([]);
    expect(await serial(running)).not.toBe(before);
    expect(running.tls.certificate.serialNumber).toBe(await serial(running));
  });

  it("an authority that is no longer trusted takes its callers along", async () => {
    const files = await live();
    const { ask, tls } = await open(files);
    copyFileSync((await pki.market()).rootFile, files.clientAuthorityFile);
    await tls.refresh();
    expect(await ask(neighbour)).toMatchObject({ code: "TRUST_PEER_UNKNOWN_AUTHORITY" });
    expect(tls.problems().map(({ code }) => code)).toContain("TRUST_CRL_MISSING");
    copyFileSync(pki.trustFile, files.clientAuthorityFile);
    await tls.refresh();
    expect(await ask(neighbour)).toMatchObject({ authorized: true });
    expect(tls.problems()).toEqual([]);
  });

  it.each<[string, (files: Awaited<ReturnType<typeof live>>) => unknown, string]>([
    ["a key that is no key", ({ keyFile }) => writeFileSync(keyFile, "half a k"), "TRUST_KEY_INVALID"],
    ["an empty certificate", ({ certificateFile }) => writeFileSync(certificateFile, ""), "TRUST_CERTIFICATE_INVALID"],
    [
      "no authorities",
      ({ clientAuthorityFile }) => writeFileSync(clientAuthorityFile, ""),
      "TRUST_CERTIFICATE_INVALID",
    ],
    ["authorities that are gone", ({ clientAuthorityFile }) => rmSync(clientAuthorityFile), "TRUST_FILE_UNREADABLE"],
    [
      "half a CRL",
      ({ revocationFiles: [file = ""] }) => writeFileSync(file, Buffer.from([0x30, 0x82, 0x40])),
      "TRUST_DER_INVALID",
    ],
    [
      "a page instead of a CRL",
      ({ revocationFiles: [file = ""] }) => writeFileSync(file, "<html>"),
      "TRUST_CRL_FOREIGN",
    ],
    [
      "a forged CRL",
      async ({ revocationFiles: [, file = ""] }) => copyFileSync(await pki.revoke("forger"), file),
      "TRUST_CRL_FOREIGN",
    ],
    [
      "an older CRL",
      async ({ revocationFiles: [, file = ""] }) =>
        copyFileSync(await pki.revoke("organisations", { madeAt: new Date(Date.now() - 3 * DAY) }), file),
      "TRUST_CRL_OLDER",
    ],
  ])("%s is not taken: it warns once and goes on with the one before", async (_, spoil, code) => {
    const files = await live();
    const { ask, tls, warnings } = await open(files);
    await spoil(files);
    await tls.refresh();
    await tls.refresh();
    expect(warnings).toEqual([code]);
    expect(tls.problems().map((problem) => problem.code)).toEqual([code]);
    expect(await ask(neighbour)).toMatchObject({ authorized: true });
  });

  it("are looked at by itself, and no more after the end", async () => {
    const files = await live();
    const { ask, tls, warnings } = await open({ ...files, checkEverySeconds: 0.05 });
    copyFileSync(await pki.revoke("organisations", { revoked: [neighbour] }), files.revocationFiles[1] as string);
    await expect.poll(() => ask(neighbour)).toMatchObject({ code: "TRUST_PEER_REVOKED" });
    tls.close();
    rmSync(files.keyFile);
    await new Promise((done) => setTimeout(done, 200));
    expect(warnings).toEqual([]);
  });

  it("cut nobody: an answer under way is finished, its connection then ends, and idle ones end at once", async () => {
    const release = Promise.withResolvers<void>();
    const files = await live();
    const { client, tls, port, server } = await open({ ...files, slow: release.promise });
    const url = `https://127.0.0.1:${port}`;
    const [busy, idle] = [client(neighbour), client(neighbour)];
    const connections = () => new Promise<number>((done) => server.getConnections((_, count) => done(count)));
    await (await request(url, { dispatcher: idle })).body.text();
    const slow = await request(`${url}/slow`, { dispatcher: busy });
    expect(await connections()).toBe(2);
    copyFileSync(await pki.revoke("organisations", { revoked: [neighbour] }), files.revocationFiles[1] as string);
    await tls.refresh();
    await expect.poll(connections).toBe(1);
    release.resolve();
    expect(await slow.body.json()).toMatchObject({ authorized: true });
    const next = await request(url, { dispatcher: busy });
    await next.body.text();
    expect(next.headers.connection).toBe("close");
    expect(await (await request(url, { dispatcher: busy })).body.json()).toMatchObject({ code: "TRUST_PEER_REVOKED" });
  });
});

describe("at the start", () => {
  it.each([
    ["no key", { keyFile: "/nowhere/key" }, "TRUST_FILE_UNREADABLE"],
    ["no authorities", { clientAuthorityFile: "/nowhere/ca" }, "TRUST_FILE_UNREADABLE"],
  ])("it does not come up with %s", async (_, options, code) => {
    await expect(nationalSite(pki, options)).rejects.toThrow(expect.objectContaining({ code }));
  });
});
