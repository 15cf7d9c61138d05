import { BlockList, isIP } from "node:net";
import { isAETitle } from "./ae-title.ts";
import { fault } from "./errors.ts";
import { ASSOCIATIONS, ASSOCIATIONS_PER_ADDRESS } from "./limits.ts";
import { isTooSmall } from "./negotiation.ts";
import { APPLICATION_CONTEXT, type AssociateReject, type AssociateRequest } from "./pdu.ts";

/** Who may come in. What is not listed may not; `any` is for a sandbox. */
export interface AllowList {
  readonly callingAETitles: readonly string[] | "any";
  /** IP addresses or subnets such as `192.0.2.0/24`. */
  readonly addresses: readonly string[] | "any";
}

export interface AdmissionOptions {
  /** The titles that we answer to, or `any`. */
  readonly aeTitles: readonly string[] | "any";
  readonly allow: AllowList;
  readonly associations?: number;
  readonly associationsPerAddress?: number;
}

/** Connections beyond this many times the associations are not even told why. */
const CONNECTIONS_PER_ASSOCIATION = 2;

/** Counts what is open, and decides who comes in before anything is spent on him. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #addresses: BlockList | undefined;
  readonly #connections = new Counter();
  readonly #associations = new Counter();
  readonly #maximum: number;
  readonly #maximumPerAddress: number;

  /** @throws DIMSE_INVALID_REQUEST for an address or a title of the configuration that is not one. */
  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#maximum = options.associations ?? ASSOCIATIONS;
    this.#maximumPerAddress = options.associationsPerAddress ?? ASSOCIATIONS_PER_ADDRESS;
    const { addresses, callingAETitles } = options.allow;
    this.#addresses = addresses === "any" ? undefined : blockList(addresses);
    for (const titles of [options.aeTitles, callingAETitles]) {
      if (titles !== "any" && !titles.every(isAETitle)) {
        throw fault("DIMSE_INVALID_REQUEST", { details: { problem: "AE title" } });
      }
    }
  }

  /** Associations open now. */
  get associations(): number {
    return this.#associations.total;
  }

  /** A connection from that address: false when it must be closed at once. To be paired with `disconnected`. */
  connected(address: string): boolean {
    const known = this.#addresses === undefined || this.#addresses.check(...family(address));
    const room =
      this.#connections.total < this.#maximum * CONNECTIONS_PER_ASSOCIATION &&
      this.#connections.of(address) < this.#maximumPerAddress * CONNECTIONS_PER_ASSOCIATION;
    if (!known || !room) return false;
    this.#connections.add(address);
    return true;
  }

  disconnected(address: string): void {
    this.#connections.remove(address);
  }

  /**
   * The reason to reject the association (PS3.8 Table 9-21), or undefined: it is then counted, until `ended`.
   * A limit is transient, everything else permanent.
   */
  admit(request: AssociateRequest, address: string): AssociateReject | undefined {
    const { aeTitles, allow } = this.#options;
    if (request.applicationContext !== APPLICATION_CONTEXT) return reject(1, 1, 2);
    if (!matches(aeTitles, request.calledAETitle)) return reject(1, 1, 7);
    if (!matches(allow.callingAETitles, request.callingAETitle)) return reject(1, 1, 3);
    if (isTooSmall(request.user.maximumLength)) return reject(1, 1, 1);
    const room = this.#associations.total < this.#maximum && this.#associations.of(address) < this.#maximumPerAddress;
    if (!room) return reject(2, 3, 2);
    this.#associations.add(address);
    return undefined;
  }

  ended(address: string): void {
    this.#associations.remove(address);
  }
}

/** Occurrences in all and by key; a key that falls to zero is forgotten. */
class Counter {
  readonly #counts = new Map<string, number>();
  total = 0;

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
    this.total += 1;
  }

  remove(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
    this.total -= 1;
  }
}

function reject(result: number, source: number, reason: number): AssociateReject {
  return { type: "A-ASSOCIATE-RJ", result, source, reason };
}

/** A title is compared as the standard pads it: leading and trailing spaces do not count, case does. */
function matches(titles: readonly string[] | "any", title: string): boolean {
  if (!isAETitle(title)) return false;
  return titles === "any" || titles.some((known) => known.trim() === title);
}

function blockList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = "", prefix] = entry.split("/");
    if (isIP(address) === 0) throw fault("DIMSE_INVALID_REQUEST", { details: { problem: `address ${entry}` } });
    if (prefix === undefined) list.addAddress(...family(address));
    else list.addSubnet(address, Number(prefix), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** An IPv4 peer of a dual-stack listener appears as `::ffff:192.0.2.1`. */
function family(address: string): [address: string, type: "ipv4" | "ipv6"] {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return [plain, isIP(plain) === 6 ? "ipv6" : "ipv4"];
}
