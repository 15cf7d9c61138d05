/** The transactions that are answered, told apart by the WS-Addressing action (hl7v2-cda-xds 5.1, wire-formats 5.1). */

export interface Transaction {
  readonly name: "publish" | "query" | "update";
  readonly service: "repository" | "registry";
  readonly action: string;
  /** Authentification_Mode of the VIHF. */
  readonly modes: ReadonlySet<string>;
}

const MACHINE: ReadonlySet<string> = new Set(["INDIRECTE"]);

/** ITI-41, ITI-18 and ITI-57. */
const TRANSACTIONS: readonly Transaction[] = [
  {
    name: "publish",
    service: "repository",
    action: "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
    modes: MACHINE,
  },
  {
    name: "query",
    service: "registry",
    action: "urn:ihe:iti:2007:RegistryStoredQuery",
    modes: new Set([...MACHINE, "INDIRECTE_RENFORCEE"]),
  },
  { name: "update", service: "registry", action: "urn:ihe:iti:2010:UpdateDocumentSet", modes: MACHINE },
];

export function transactionsOf(service: Transaction["service"]): readonly Transaction[] {
  return TRANSACTIONS.filter((transaction) => transaction.service === service);
}
