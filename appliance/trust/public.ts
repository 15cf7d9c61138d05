import type { X509Certificate } from "node:crypto";
import type { Server } from "node:https";
import type { TlsOptions } from "node:tls";
import type { CodedError, Logger } from "../base/index.ts";
import type { KeyPairFiles } from "./model.ts";
import { followIdentity, known } from "./server-identity.ts";
import { NATIONAL_POLICY } from "./tls-policy.ts";

export interface PublicTlsOptions extends KeyPairFiles {
  /** Seconds between two looks at the files. */
  readonly checkEverySeconds: number;
  readonly log: Logger;
}

/** TLS of a listener that browsers call: the policy of the national one, and no certificate is asked of anybody. */
export interface PublicTls {
  /** For `https.createServer`, as the files are now; `attach` the server at once. */
  readonly options: TlsOptions;
  /** Keeps the server's context as the files are: connections from then on get the new one. */
  attach(server: Server): void;
  /** Looks at the files now. */
  refresh(): Promise<void>;
  /** Why the files as they are now could not be taken. */
  problems(): CodedError[];
  /** The one in force. */
  readonly certificate: X509Certificate;
  close(): void;
}

/** Phones on bad lines; a handshake takes 3 round trips at most. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** @throws TRUST_FILE_UNREADABLE, TRUST_KEY_INVALID, TRUST_CERTIFICATE_INVALID, TRUST_KEY_MISMATCH, TRUST_TLS_REFUSED */
export async function publicTls({ checkEverySeconds, log, ...files }: PublicTlsOptions): Promise<PublicTls> {
  const identity = followIdentity(files);
  const servers = new Set<Server>();
  const context = () => ({ ...NATIONAL_POLICY, ...known(identity).own });

  async function refresh(): Promise<void> {
    const outcome = await identity.refresh();
    const { fault, path: file } = identity;
    if (outcome === "refused" && fault !== undefined) log.warn({ code: fault.code, file }, fault.message);
    if (outcome !== "taken") return;
    log.info({ file }, "the certificate of the public listener was read");
    for (const server of servers) server.setSecureContext(context());
  }

  await refresh();
  known(identity);
  const timer = setInterval(() => void refresh(), checkEverySeconds * 1_000).unref();
  return {
    get options() {
      return { ...context(), handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
    },
    attach(server) {
      servers.add(server);
      server.once("close", () => servers.delete(server));
    },
    refresh,
    problems: () => (identity.fault === undefined ? [] : [identity.fault]),
    get certificate() {
      return known(identity).certificate;
    },
    close: () => clearInterval(timer),
  };
}
