import { decodeAssociate } from "./associate-codec.ts";
import { ByteQueue } from "./byte-queue.ts";
import { ASSOCIATE_PDU_LIMIT, VALUE_HEADER } from "./limits.ts";
import { ABORT_REASONS, PDU_TYPES, type Pdu, type PresentationDataValue } from "./pdu.ts";
import { InvalidPdu } from "./pdu-violation.ts";

/** Type, reserved byte, length. */
const HEADER = 6;
const SHORT_BODY = 4;

const NAMES = new Map<number, Pdu["type"]>(
  (Object.entries(PDU_TYPES) as [Pdu["type"], number][]).map(([name, type]) => [type, name]),
);

/**
 * Cuts a stream of bytes into PDUs. The type is judged on the first byte and the length on the sixth, before any byte
 * of the body is waited for: a peer that speaks something else costs nothing.
 */
export class PduReader {
  readonly #maximumLength: number;
  readonly #queue = new ByteQueue();

  /** `maximumLength`: the largest P-DATA-TF variable field that we announced. */
  constructor(maximumLength: number) {
    this.#maximumLength = maximumLength;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  clear(): void {
    this.#queue.clear();
  }

  /**
   * The next whole PDU, or undefined until more bytes come.
   * @throws InvalidPdu: unknown type, illegal length or content. Nothing after it can be read.
   */
  next(): Pdu | undefined {
    const queue = this.#queue;
    if (queue.length === 0) return undefined;
    const type = NAMES.get(queue.byteAt(0));
    if (type === undefined) throw new InvalidPdu(ABORT_REASONS.unrecognizedPdu, `PDU type ${queue.byteAt(0)}`);
    if (queue.length < HEADER) return undefined;
    const length = queue.uint32At(2);
    this.#checkLength(type, length);
    if (queue.length < HEADER + length) return undefined;
    queue.take(HEADER);
    if (type === "P-DATA-TF") return { type, values: this.#takeValues(length) };
    return decodeBody(type, Buffer.concat(queue.take(length), length));
  }

  #checkLength(type: Pdu["type"], length: number): void {
    const associate = type === "A-ASSOCIATE-RQ" || type === "A-ASSOCIATE-AC";
    const legal =
      type === "P-DATA-TF"
        ? length >= VALUE_HEADER && length <= this.#maximumLength
        : associate
          ? length <= ASSOCIATE_PDU_LIMIT
          : length === SHORT_BODY;
    if (!legal) throw new InvalidPdu(ABORT_REASONS.invalidParameter, `${type} of ${length} bytes`);
  }

  #takeValues(length: number): PresentationDataValue[] {
    const values: PresentationDataValue[] = [];
    let left = length;
    while (left > 0) {
      // The item length counts the context identifier and the control header (PS3.8 9.3.5.1).
      const size = left >= VALUE_HEADER ? this.#queue.uint32At(0) : 0;
      if (size < 2 || size > left - 4) throw new InvalidPdu(ABORT_REASONS.invalidParameter, "PDV length");
      const contextId = this.#queue.byteAt(4);
      const control = this.#queue.byteAt(5);
      this.#queue.take(VALUE_HEADER);
      const data = this.#queue.take(size - 2);
      values.push({ contextId, command: (control & 1) !== 0, last: (control & 2) !== 0, data });
      left -= 4 + size;
    }
    return values;
  }
}

function decodeBody(type: Exclude<Pdu["type"], "P-DATA-TF">, body: Buffer): Pdu {
  switch (type) {
    case "A-ASSOCIATE-RQ":
    case "A-ASSOCIATE-AC":
      return decodeAssociate(type, body);
    case "A-ASSOCIATE-RJ":
      return { type, result: body[1] as number, source: body[2] as number, reason: body[3] as number };
    case "A-ABORT":
      return { type, source: body[2] as number, reason: body[3] as number };
    default:
      return { type };
  }
}
