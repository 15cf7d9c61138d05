import { lookup } from "node:dns/promises";
import { isIP, SocketAddress } from "node:net";
import type { TlsOptions } from "node:tls";
import { type Logger, silent } from "../../base/index.ts";
import { ExplicitVRLittleEndian, ImplicitVRLittleEndian } from "../../dicom/index.ts";
import {
  type ContextAnswer,
  createServer,
  type DicomServer,
  type ReceivedStore,
  type Requestor,
  type ServerLimits,
  Status,
  Verification,
} from "../../dimse/index.ts";
import { fault } from "../errors.ts";
import { Moves } from "./moves.ts";

/** A node from which a PACS sends; a PACS may have several. */
export interface Sender {
  /** Name of the PACS. */
  readonly pacs: string;
  /** The title that it presents. */
  readonly aeTitle: string;
  /** An address, or a name that is looked up when the listener starts. */
  readonly host: string;
}

export interface StorageListenerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** The titles that the PACS call: their `moveDestination`. */
  readonly aeTitles: readonly string[];
  /** Who may send. An empty list lets nobody in. */
  readonly senders: readonly Sender[];
  /** `requestCert` and `ca` for mutual authentication. */
  readonly tls?: TlsOptions;
  readonly limits?: Partial<ServerLimits>;
  readonly log?: Logger;
}

/** The node to which all PACS of the site send what C-MOVE asked them for. */
export interface StorageListener {
  /** @throws DIMSE_LISTEN_FAILED */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Where it listens; undefined before `listen` and after `close`. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** Lets instances under way finish for a bounded time. */
  close(): Promise<void>;
  /** Of all PACS. */
  readonly moves: Moves;
  /** Open now. */
  readonly associations: number;
}

/**
 * A C-STORE SCP for what was asked and nothing else: it takes no association but from a sender of a PACS, no context but for
 * the classes and syntaxes of its moves under way, and no instance but one that such a move expects. Any other is refused with
 * 0124H and logged without a word about what it is.
 *
 * It stays apart from the listener of rejection notes, which takes one class of objects unasked: each of the two is closed to
 * what the other lives on.
 *
 * Throws `PACS_SENDERS_SHARED` when two PACS cannot be told apart, DIMSE_INVALID_REQUEST for a title that is none.
 */
export function createStorageListener(options: StorageListenerOptions): StorageListener {
  const { senders, log = silent } = options;
  const moves = new Moves();
  let server: DicomServer | undefined;
  let where: { readonly host: string; readonly port: number } | undefined;
  checkShared(senders);
  return {
    moves,
    get associations() {
      return server?.associations ?? 0;
    },
    async listen() {
      const known = await addressed(senders, log);
      server = nodeFor(options, known, moves, log);
      where = await server.listen(options.port, options.host);
      return where;
    },
    address: () => where,
    async close() {
      where = undefined;
      await server?.close();
    },
  };
}

function nodeFor(
  { aeTitles, tls, limits }: StorageListenerOptions,
  senders: readonly Sender[],
  moves: Moves,
  log: Logger,
): DicomServer {
  const pacsOf = ({ callingAETitle, address }: Requestor) =>
    senders.find(({ aeTitle, host }) => aeTitle.trim() === callingAETitle && host === canonical(address))?.pacs;
  return createServer({
    aeTitles,
    allow: { callingAETitles: senders.map(({ aeTitle }) => aeTitle), addresses: senders.map(({ host }) => host) },
    acceptContext: (abstractSyntax, offered, requestor) => answerTo(abstractSyntax, offered, pacsOf(requestor), moves),
    handlers: {
      async echo() {},
      store: async (request, data) => receive(request, data, pacsOf(request.requestor), moves, log),
    },
    log,
    ...(limits !== undefined && { limits }),
    ...(tls !== undefined && { tls }),
  });
}

/** What the moves under way of this PACS expect, in what they offer. All choose the same (`MoveClaim`). */
function answerTo(
  abstractSyntax: string,
  offered: readonly string[],
  pacs: string | undefined,
  moves: Moves,
): ContextAnswer {
  if (abstractSyntax === Verification && pacs !== undefined) {
    const transferSyntax = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid].find((uid) =>
      offered.includes(uid),
    );
    return transferSyntax === undefined ? { refused: "transfer syntaxes" } : { transferSyntax };
  }
  const expecting = moves.of(pacs ?? "").filter(({ intake }) => intake.sopClassUIDs.has(abstractSyntax));
  if (expecting.length === 0) return { refused: "abstract syntax" };
  const [transferSyntax] = expecting.map(({ intake }) => intake.choose(offered));
  return transferSyntax === undefined ? { refused: "transfer syntaxes" } : { transferSyntax };
}

async function receive(
  request: ReceivedStore,
  data: AsyncIterable<Uint8Array>,
  pacs: string | undefined,
  moves: Moves,
  log: Logger,
): Promise<number> {
  const move = pacs === undefined ? undefined : moves.find(pacs, request);
  if (move === undefined) {
    const { callingAETitle, address } = request.requestor;
    const named = request.moveOriginatorMessageID !== undefined;
    log.warn({ pacs, callingAETitle, address, named }, "an object that no C-MOVE under way asked for is refused");
    return Status.notAuthorized;
  }
  const { sopClassUID, sopInstanceUID, transferSyntax } = request;
  return move.intake.take({ sopClassUID, sopInstanceUID, transferSyntax }, data, move.onProgress);
}

function checkShared(senders: readonly Sender[]): void {
  for (const [index, { pacs, aeTitle, host }] of senders.entries()) {
    const other = senders.slice(0, index).find((one) => one.aeTitle === aeTitle && one.host === host);
    if (other !== undefined && other.pacs !== pacs) {
      throw fault("PACS_SENDERS_SHARED", { details: { pacs: `${other.pacs}, ${pacs}` } });
    }
  }
}

/** The senders by their addresses. One whose name nobody knows is left out: it cannot come in. */
async function addressed(senders: readonly Sender[], log: Logger): Promise<Sender[]> {
  const known = senders.map(async (sender) => {
    if (isIP(sender.host) !== 0) return [{ ...sender, host: canonical(sender.host) }];
    try {
      const addresses = await lookup(sender.host, { all: true });
      return addresses.map(({ address }) => ({ ...sender, host: canonical(address) }));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      log.error({ pacs: sender.pacs, code }, "the name of a PACS that sends images has no address: it is not let in");
      return [];
    }
  });
  const senderLists = await Promise.all(known);
  checkShared(senderLists.flat());
  return senderLists.flat();
}

/** The address in its shortest form; an IPv4 peer of a dual-stack listener appears as `::ffff:192.0.2.1`. */
function canonical(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return isIP(plain) === 6 ? new SocketAddress({ address: plain, family: "ipv6" }).address : plain;
}
