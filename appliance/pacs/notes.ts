import type { TlsOptions } from "node:tls";
import { CodedError, type Logger, silent } from "../base/index.ts";
import {
  DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeMeta,
  ImplicitVRLittleEndian,
  Tags,
  type TransferSyntax,
  transferSyntaxOf,
} from "../dicom/index.ts";
import {
  type AllowList,
  acceptFrom,
  createServer,
  type ReceivedStore,
  type ServerLimits,
  Status,
  statusFault,
  statusOf,
  Verification,
} from "../dimse/index.ts";
import { KEY_OBJECT_SELECTION, NOTE_LIMIT, type RejectionNote, readRejectionNoteInSlices } from "../kos/index.ts";

/** A Key Object Selection Document that a PACS sent us. */
export interface ReceivedNoteObject {
  /** The Part 10 file: the data set exactly as received, in its transfer syntax. */
  readonly bytes: Uint8Array;
  /** Undefined for a document that rejects nothing: a key image note, a manifest. */
  readonly note: RejectionNote | undefined;
  readonly callingAETitle: string;
  /** IP address of the sender. */
  readonly peer: string;
}

export interface NoteListenerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** The title that the PACS calls. */
  readonly aeTitle: string;
  /** Titles and addresses of the PACS of the site. Empty lists let nobody in. */
  readonly allow: AllowList;
  /**
   * Told of every document once it is whole and understood; the PACS has its answer when this resolves, so it must be durable
   * by then. The same note comes again when an answer was lost: its SOP Instance UID is the key. When it throws, the PACS is
   * told to send again later.
   */
  readonly onNote: (received: ReceivedNoteObject) => Promise<void>;
  /** `requestCert` and `ca` for mutual authentication. */
  readonly tls?: TlsOptions;
  readonly limits?: Partial<ServerLimits>;
  readonly log?: Logger;
}

/** The node that PACS send their rejection notes to (IHE RAD-66). */
export interface NoteListener {
  /** @throws DIMSE_LISTEN_FAILED */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Where it listens; undefined before `listen` and after `close`. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** Lets the note under way finish for a bounded time. */
  close(): Promise<void>;
}

/** A site has a few PACS, and each note may be 48 MiB in memory. */
const ASSOCIATIONS = { associations: 8, associationsPerAddress: 4 };

/** Cannot understand (PS3.4 B.2.3). */
const NOT_UNDERSTOOD = 0xc000;
/** The data set is not of the SOP class, or the instance, that the request names. */
const DOES_NOT_MATCH = Status.identifierDoesNotMatch;

/** What is understood, the best first. Documents come deflated from some archives; big endian is retired but alive. */
const TRANSFER_SYNTAXES = [
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
].map(({ uid }) => uid);

/**
 * A C-STORE SCP for Key Object Selection Documents and nothing else, closed to whoever is not on the allow list.
 *
 * Answers: 0000 once `onNote` has resolved, for any Key Object Selection; A700 when it fails; A900 when the document is not
 * the one announced; C000, with the code of the error as comment, when it cannot be understood or is beyond `NOTE_LIMIT`.
 *
 * @throws DIMSE_INVALID_REQUEST for a title or an address that is not one.
 */
export function createNoteListener(options: NoteListenerOptions): NoteListener {
  const { onNote, log = silent } = options;
  let where: { readonly host: string; readonly port: number } | undefined;
  const server = createServer({
    aeTitles: [options.aeTitle],
    allow: options.allow,
    acceptContext: acceptFrom(
      new Map([
        [Verification, TRANSFER_SYNTAXES],
        [KEY_OBJECT_SELECTION, TRANSFER_SYNTAXES],
      ]),
    ),
    handlers: {
      async echo() {},
      async store(request, data) {
        const { callingAETitle, address } = request.requestor;
        const bytes = await receive(request, data);
        const note = await understand(request, bytes).catch((error: unknown) => {
          log.warn({ code: codeOf(error), callingAETitle }, "a rejection note is not understood");
          throw refusal(error);
        });
        await onNote({ bytes, note, callingAETitle, peer: address }).catch((error: unknown) => {
          log.error(
            { code: codeOf(error), callingAETitle },
            "a rejection note is not kept: the PACS must send it again",
          );
          throw statusFault("C-STORE", Status.outOfResources);
        });
        return Status.success;
      },
    },
    limits: { ...ASSOCIATIONS, ...options.limits },
    log,
    ...(options.tls !== undefined && { tls: options.tls }),
  });
  return {
    async listen() {
      where = await server.listen(options.port, options.host);
      return where;
    },
    address: () => where,
    async close() {
      where = undefined;
      await server.close();
    },
  };
}

/** The document as a file. Throws what ended the association before its last byte. */
async function receive(request: ReceivedStore, data: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [fileHeader(request)];
  let size = 0;
  for await (const piece of data) {
    size += piece.length;
    if (size > NOTE_LIMIT) throw statusFault("C-STORE", NOT_UNDERSTOOD, { comment: `more than ${NOTE_LIMIT} bytes` });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Preamble, prefix and meta information (PS3.10 7.1) of what the request announces. */
function fileHeader({ sopClassUID, sopInstanceUID, transferSyntax }: ReceivedStore): Buffer {
  const announced = new DataSet()
    .set(Tags.SOPClassUID, "UI", sopClassUID)
    .set(Tags.SOPInstanceUID, "UI", sopInstanceUID);
  // Negotiated, so known.
  const meta = encodeMeta(undefined, transferSyntaxOf(transferSyntax) as TransferSyntax, announced);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), meta]);
}

async function understand({ sopInstanceUID }: ReceivedStore, bytes: Buffer): Promise<RejectionNote | undefined> {
  const note = await readRejectionNoteInSlices(bytes);
  if (note === undefined || note.sopInstanceUID === sopInstanceUID) return note;
  throw statusFault("C-STORE", DOES_NOT_MATCH, { comment: "SOPInstanceUID (0008,0018)" });
}

/** The answer to a document that cannot be read: its comment says the code and the place, never a value. */
function refusal(error: unknown): unknown {
  if (!(error instanceof CodedError) || statusOf(error) !== undefined) return error;
  const status = error.code === "KOS_NOT_A_MANIFEST" ? DOES_NOT_MATCH : NOT_UNDERSTOOD;
  return statusFault("C-STORE", status, { comment: `${error.code} ${error.where ?? ""}`.trim() });
}

function codeOf(error: unknown): string {
  return error instanceof CodedError ? error.code : error instanceof Error ? error.name : "unknown";
}
