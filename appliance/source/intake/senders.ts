import { BlockList, isIPv4 } from "node:net";
import { type Charset, charsetNamed } from "../../hl7/index.ts";
import { sourceErrors } from "../errors.ts";

/** Who may send reports, and how each writes when it does not say. */
export interface Sender {
  readonly name: string;
  /** An address, or a network `address/prefix`; `0.0.0.0/0` is anybody. */
  readonly address: string;
  /** What an empty MSH-18 means. */
  readonly defaultCharset: string;
}

export interface Senders {
  /** For the listener. */
  readonly addresses: readonly string[] | "any";
  charsetOf(address: string): Charset;
}

/** Reads the configured senders; the first whose network holds an address speaks for it. Throws SOURCE_SENDER_INVALID. */
export function readSenders(senders: readonly Sender[]): Senders {
  const networks = senders.map((sender) => ({
    charset: charsetNamed(sender.defaultCharset),
    network: networkOf(sender),
  }));
  const unreadable =
    senders[networks.findIndex(({ charset, network }) => charset === undefined || network === undefined)];
  if (unreadable !== undefined)
    throw sourceErrors.fault("SOURCE_SENDER_INVALID", { details: { sender: unreadable.name } });
  return {
    addresses: senders.some(({ address }) => address === "0.0.0.0/0") ? "any" : senders.map(({ address }) => address),
    charsetOf: (address) => {
      const family = isIPv4(address) ? "ipv4" : "ipv6";
      return networks.find(({ network }) => network?.check(address, family))?.charset ?? "utf-8";
    },
  };
}

function networkOf({ address }: Sender): BlockList | undefined {
  const [base = "", prefix] = address.split("/");
  const family = isIPv4(base) ? "ipv4" : "ipv6";
  const network = new BlockList();
  try {
    network.addSubnet(base, prefix === undefined ? (family === "ipv4" ? 32 : 128) : Number(prefix), family);
    return network;
  } catch {
    return undefined;
  }
}
