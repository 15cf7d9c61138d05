import { encodeAssociate } from "./associate-codec.ts";
import { type DataTransfer, PDU_TYPES, type Pdu, type PresentationDataValue } from "./pdu.ts";

/** The bytes of any PDU but P-DATA-TF. */
export function encodePdu(pdu: Exclude<Pdu, DataTransfer>): Buffer {
  switch (pdu.type) {
    case "A-ASSOCIATE-RQ":
    case "A-ASSOCIATE-AC":
      return encodeAssociate(pdu);
    case "A-ASSOCIATE-RJ":
      return shortPdu(pdu.type, pdu.result, pdu.source, pdu.reason);
    case "A-ABORT":
      return shortPdu(pdu.type, 0, pdu.source, pdu.reason);
    default:
      return shortPdu(pdu.type, 0, 0, 0);
  }
}

/** A P-DATA-TF as the parts to write in order: our headers, and the fragments as they are. */
export function dataTransferParts(values: readonly PresentationDataValue[]): Uint8Array[] {
  const header = Buffer.alloc(6);
  const parts: Uint8Array[] = [header];
  let length = 0;
  for (const value of values) {
    const size = value.data.reduce((sum, piece) => sum + piece.length, 0);
    const head = Buffer.allocUnsafe(6);
    head.writeUInt32BE(size + 2, 0);
    head.writeUInt8(value.contextId, 4);
    head.writeUInt8((value.command ? 1 : 0) | (value.last ? 2 : 0), 5);
    parts.push(head, ...value.data);
    length += 6 + size;
  }
  header.writeUInt8(PDU_TYPES["P-DATA-TF"], 0);
  header.writeUInt32BE(length, 2);
  return parts;
}

/** A body of four bytes, the first reserved. */
function shortPdu(type: Pdu["type"], second: number, third: number, fourth: number): Buffer {
  return Buffer.from([PDU_TYPES[type], 0, 0, 0, 0, 4, 0, second, third, fourth]);
}
