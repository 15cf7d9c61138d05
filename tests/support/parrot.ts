import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A PDU as the parrot sees it: its type and everything after the six bytes of header. */
export interface RawPdu {
  readonly type: number;
  readonly body: Buffer;
}

/**
 * A scripted DICOM peer that sends exact bytes and reads exact PDUs. It is written from PS3.8 by itself and uses nothing of
 * the product, so that an error there is not mirrored here.
 */
export class Parrot {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    socket.on("error", () => {});
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake?.();
      });
    }
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The next PDU, or undefined when the other side has closed. */
  async read(): Promise<RawPdu | undefined> {
    for (;;) {
      const length = this.#received.length >= 6 ? this.#received.readUInt32BE(2) : Number.POSITIVE_INFINITY;
      if (this.#received.length >= 6 + length) {
        const pdu = { type: this.#received[0] as number, body: this.#received.subarray(6, 6 + length) };
        this.#received = this.#received.subarray(6 + length);
        return pdu;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next PDU, which must be of that type. */
  async expect(type: number): Promise<Buffer> {
    const pdu = await this.read();
    if (pdu?.type !== type) throw new Error(`the parrot expected PDU ${type} and got ${pdu?.type ?? "the end"}`);
    return pdu.body;
  }

  /** Waits until the other side closes; whatever it says before is dropped. */
  async closed(): Promise<void> {
    while ((await this.read()) !== undefined);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A parrot that calls a listener. */
export async function callParrot(port: number): Promise<Parrot> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return new Parrot(socket);
}

export interface ParrotNest {
  readonly port: number;
  /** The next connection. */
  next(): Promise<Parrot>;
  close(): Promise<void>;
}

/** A parrot that listens. With a script, it plays it to everyone who calls. */
export async function listenParrot(script?: (parrot: Parrot) => Promise<void>): Promise<ParrotNest> {
  const waiting: Parrot[] = [];
  const sockets = new Set<Socket>();
  let wake: (() => void) | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    const parrot = new Parrot(socket);
    if (script === undefined) waiting.push(parrot);
    else script(parrot).catch(() => parrot.close());
    wake?.();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async next() {
      for (;;) {
        const parrot = waiting.shift();
        if (parrot !== undefined) return parrot;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Bytes of a PDU: type, reserved, length, body. */
export function pdu(type: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

export function item(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.from([type, 0, 0, 0]);
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

export const text = (value: string) => Buffer.from(value, "latin1");

export interface AssociateFields {
  readonly called?: string;
  readonly calling?: string;
  readonly version?: number;
  readonly applicationContext?: string;
  readonly maximumLength?: number;
  /** `[id, abstract syntax, transfer syntaxes]` */
  readonly proposed?: readonly (readonly [number, string, readonly string[]])[];
  /** `[id, result, transfer syntax]` */
  readonly answered?: readonly (readonly [number, number, string])[];
  readonly moreUserItems?: readonly Uint8Array[];
}

const VERIFICATION = "1.2.840.10008.1.1";
const IMPLICIT = "1.2.840.10008.1.2";

function associate(type: number, fields: AssociateFields, contexts: readonly Buffer[]): Buffer {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(fields.version ?? 1, 0);
  fixed.write((fields.called ?? "CALLED").padEnd(16), 4, 16, "latin1");
  fixed.write((fields.calling ?? "CALLING").padEnd(16), 20, 16, "latin1");
  const maximum = Buffer.alloc(4);
  maximum.writeUInt32BE(fields.maximumLength ?? 16_384);
  const user = item(
    0x50,
    item(0x51, maximum),
    item(0x52, text("1.2.3.4")),
    ...(fields.moreUserItems ?? []),
    item(0x55, text("PARROT")),
  );
  const context = item(0x10, text(fields.applicationContext ?? "1.2.840.10008.3.1.1.1"));
  return pdu(type, Buffer.concat([fixed, context, ...contexts, user]));
}

/** A-ASSOCIATE-RQ; by default it proposes Verification in implicit little endian as context 1. */
export function associateRq(fields: AssociateFields = {}): Buffer {
  const proposed = fields.proposed ?? [[1, VERIFICATION, [IMPLICIT]] as const];
  const contexts = proposed.map(([id, abstract, transfers]) =>
    item(
      0x20,
      Buffer.from([id, 0, 0, 0]),
      item(0x30, text(abstract)),
      ...transfers.map((uid) => item(0x40, text(uid))),
    ),
  );
  return associate(1, fields, contexts);
}

/** A-ASSOCIATE-AC; by default it accepts context 1 in implicit little endian. */
export function associateAc(fields: AssociateFields = {}): Buffer {
  const answered = fields.answered ?? [[1, 0, IMPLICIT] as const];
  const contexts = answered.map(([id, result, uid]) =>
    item(0x21, Buffer.from([id, 0, result, 0]), item(0x40, text(uid))),
  );
  return associate(2, fields, contexts);
}

export const associateRj = (result: number, source: number, reason: number) =>
  pdu(3, Buffer.from([0, result, source, reason]));
export const releaseRq = () => pdu(5, Buffer.alloc(4));
export const releaseRp = () => pdu(6, Buffer.alloc(4));
export const abort = (source = 0, reason = 0) => pdu(7, Buffer.from([0, 0, source, reason]));

/** A P-DATA-TF with one value. */
export function pData(context: number, flags: { command: boolean; last: boolean }, data: Uint8Array): Buffer {
  return pdu(4, dataValue(context, flags, data));
}

export function dataValue(context: number, flags: { command: boolean; last: boolean }, data: Uint8Array): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(data.length + 2, 0);
  header[4] = context;
  header[5] = (flags.command ? 1 : 0) | (flags.last ? 2 : 0);
  return Buffer.concat([header, data]);
}

/** A command set in implicit little endian: `[element, value]`, a number as US, a text padded to an even length. */
export function command(...elements: readonly (readonly [number, number | string])[]): Buffer {
  const parts = elements.map(([element, value]) => {
    const bytes = typeof value === "string" ? text(value.length % 2 === 0 ? value : `${value}\0`) : Buffer.alloc(2);
    if (typeof value === "number") bytes.writeUInt16LE(value);
    const header = Buffer.alloc(8);
    header.writeUInt16LE(element, 2);
    header.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([header, bytes]);
  });
  const body = Buffer.concat(parts);
  const group = Buffer.alloc(12);
  group.writeUInt32LE(4, 4);
  group.writeUInt32LE(body.length, 8);
  return Buffer.concat([group, body]);
}

/** The elements of a command set as read: US as numbers, anything else as trimmed text. */
export function parseCommand(bytes: Buffer): Map<number, number | string> {
  const found = new Map<number, number | string>();
  for (let at = 0; at < bytes.length; ) {
    const element = bytes.readUInt16LE(at + 2);
    const length = bytes.readUInt32LE(at + 4);
    const value = bytes.subarray(at + 8, at + 8 + length);
    const isText = [0x0002, 0x0003, 0x0600, 0x0902, 0x1000, 0x1001, 0x1030].includes(element);
    found.set(element, isText ? value.toString("latin1").replace(/[\0 ]+$/, "") : value.readUInt16LE(0));
    at += 8 + length;
  }
  return found;
}

/** The values of a P-DATA-TF body. */
export function parseValues(body: Buffer): { context: number; command: boolean; last: boolean; data: Buffer }[] {
  const values = [];
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at);
    const control = body[at + 5] as number;
    const data = body.subarray(at + 6, at + 4 + length);
    values.push({ context: body[at + 4] as number, command: (control & 1) !== 0, last: (control & 2) !== 0, data });
    at += 4 + length;
  }
  return values;
}

/** Reads an A-ASSOCIATE-RQ and accepts every context in the first transfer syntax that it offers. Returns the request. */
export async function acceptAll(parrot: Parrot, fields: AssociateFields = {}): Promise<Buffer> {
  const request = await parrot.expect(1);
  const answered: [number, number, string][] = [];
  for (let at = 68; at < request.length; ) {
    const length = request.readUInt16BE(at + 2);
    const body = request.subarray(at + 4, at + 4 + length);
    if (request[at] === 0x20) {
      const abstract = body.readUInt16BE(6);
      const transfer = 8 + abstract;
      const uid = body.toString("latin1", transfer + 4, transfer + 4 + body.readUInt16BE(transfer + 2));
      answered.push([body[0] as number, 0, uid]);
    }
    at += 4 + length;
  }
  parrot.send(associateAc({ answered, ...fields }));
  return request;
}

export interface RawMessage {
  readonly context: number;
  readonly command: Map<number, number | string>;
  /** The data set; undefined when the command says that there is none. */
  readonly data: Buffer | undefined;
  /** Size of the variable field of each P-DATA-TF that it came in. */
  readonly sizes: readonly number[];
}

/** The next whole DIMSE message. */
export async function readMessage(parrot: Parrot): Promise<RawMessage> {
  const parts: { command: Buffer[]; data: Buffer[] } = { command: [], data: [] };
  const sizes: number[] = [];
  let found: Map<number, number | string> | undefined;
  for (;;) {
    const body = await parrot.expect(4);
    sizes.push(body.length);
    for (const value of parseValues(body)) {
      parts[value.command ? "command" : "data"].push(value.data);
      if (value.command && value.last) found = parseCommand(Buffer.concat(parts.command));
      const complete = value.last && found !== undefined && (!value.command || found.get(0x0800) === 0x0101);
      if (!complete || found === undefined) continue;
      const data = value.command ? undefined : Buffer.concat(parts.data);
      return { context: value.context, command: found, data, sizes };
    }
  }
}

/** Sends a message: the command with its (0000,0800), and the data set in one fragment. */
export function sendMessage(
  parrot: Parrot,
  context: number,
  elements: readonly (readonly [number, number | string])[],
  data?: Uint8Array,
): void {
  const bytes = command(
    ...[...elements, [0x0800, data === undefined ? 0x0101 : 0] as const].sort((a, b) => a[0] - b[0]),
  );
  parrot.send(pData(context, { command: true, last: true }, bytes));
  if (data !== undefined) parrot.send(pData(context, { command: false, last: true }, data));
}

/** Answers a request with a status. */
export function respond(
  parrot: Parrot,
  request: RawMessage,
  status: number,
  more: readonly (readonly [number, number | string])[] = [],
  data?: Uint8Array,
): void {
  const elements = [
    [0x0002, request.command.get(0x0002) ?? ""],
    [0x0100, Number(request.command.get(0x0100)) | 0x8000],
    [0x0120, request.command.get(0x0110) ?? 0],
    [0x0900, status],
    ...more,
  ] as const;
  sendMessage(parrot, request.context, elements, data);
}
