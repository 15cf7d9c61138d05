import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { Agent, request } from "undici";
import type { Logger } from "../../appliance/base/index.ts";
import { type NationalTls, type NationalTlsOptions, nationalTls } from "../../appliance/trust/index.ts";
import type { SandboxIdentity, SandboxPki } from "../../scripts/sandbox/pki.ts";

/** What the server of these tests says of whoever asks. */
export interface Verdict {
  readonly authorized: boolean;
  readonly name: string;
  readonly code?: string;
  readonly reason?: string;
}

export interface NationalSite {
  readonly tls: NationalTls;
  readonly server: Server;
  readonly port: number;
  /** Codes of the warnings written so far. */
  readonly warnings: string[];
  /** Authority that certifies the server. */
  readonly serverAuthority: string;
  /** Asks once, on a connection of its own. */
  ask(identity?: SandboxIdentity): Promise<Verdict>;
  /** A client that keeps its connections; closed with the site. */
  client(identity?: SandboxIdentity): Agent;
  close(): Promise<void>;
}

/** A real HTTPS server with national TLS; its requests under `/slow` wait for `release`. */
export async function nationalSite(
  pki: SandboxPki,
  options: Partial<NationalTlsOptions> & { readonly slow?: Promise<void> } = {},
): Promise<NationalSite> {
  const market = await pki.market();
  const warnings: string[] = [];
  const tls = await nationalTls({
    ...market.server,
    clientAuthorityFile: pki.trustFile,
    revocationFiles: options.revocationFiles ?? [await pki.revoke("root"), await pki.revoke("organisations")],
    checkEverySeconds: 3_600,
    now: () => new Date(),
    log: logger(warnings),
    ...options,
  });
  const server = createServer(tls.options, async (incoming, response) => {
    const { authorized, name, fault } = tls.peerOf(incoming.socket);
    if (incoming.url === "/slow") {
      response.write(" ");
      await options.slow;
    }
    response.end(JSON.stringify({ authorized, name, code: fault?.code, reason: fault?.details.reason }));
  });
  tls.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const serverAuthority = readFileSync(market.rootFile, "latin1");
  const agents: Agent[] = [];
  const client = (identity?: SandboxIdentity) => {
    const own = identity && { cert: identity.certificate, key: identity.key };
    const agent = new Agent({ connections: 1, connect: { ca: serverAuthority, ...own } });
    agents.push(agent);
    return agent;
  };
  return {
    tls,
    server,
    port,
    warnings,
    serverAuthority,
    client,
    async ask(identity) {
      const agent = client(identity);
      const { body } = await request(`https://127.0.0.1:${port}/`, { dispatcher: agent });
      const verdict = (await body.json()) as Verdict;
      await agent.close();
      return verdict;
    },
    async close() {
      tls.close();
      await Promise.all(agents.map((agent) => agent.destroy()));
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function logger(warnings: string[]): Logger {
  const log: Logger = {
    debug() {},
    info() {},
    warn: ({ code }) => warnings.push(String(code)),
    error: ({ error }) => warnings.push(String(error)),
    child: () => log,
  };
  return log;
}
