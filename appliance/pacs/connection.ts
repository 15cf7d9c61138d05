import type { ConnectionOptions } from "node:tls";
import { ExplicitVRLittleEndian, ImplicitVRLittleEndian } from "../dicom/index.ts";
import { type Association, type ContextProposal, requestAssociation, type Timeouts } from "../dimse/index.ts";
import { explain } from "./explain.ts";
import type { PacsProfile } from "./profile.ts";
import { type TurnOptions, Turns } from "./turns.ts";

/** Where a PACS is, and who we are to it. */
export interface PacsAddress {
  /** What the site calls it: stands in messages and in `FoundStudy.pacs`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** AE title of the PACS (called). */
  readonly aeTitle: string;
  /** Ours, that the PACS must know. */
  readonly callingAETitle: string;
  readonly tls?: ConnectionOptions;
  readonly wado?: WadoAddress;
}

/** Its DICOMweb server, if it has one. */
export interface WadoAddress {
  /** Of the service: what stands before `/studies`. */
  readonly baseUrl: string;
  /** Basic, or a bearer token. */
  readonly credentials?: { readonly username: string; readonly password: string } | { readonly token: string };
  /** Authorities, own certificate and key. */
  readonly tls?: ConnectionOptions;
}

/** Does `work` over an association of its own, when its turn has come; whatever fails comes out as `PACS_*`. */
export type Connection = <Result>(
  presentationContexts: readonly ContextProposal[],
  signal: AbortSignal,
  work: (association: Association) => Promise<Result>,
  turn?: TurnOptions,
) => Promise<Result>;

/** Explicit VR first: it says what a private attribute is. */
const TRANSFER_SYNTAXES = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid];

export function connection(
  address: PacsAddress,
  { associations, maximumLength }: PacsProfile,
  timeouts: Partial<Timeouts>,
  turns = new Turns(associations),
): Connection {
  const { name, host, port, aeTitle, callingAETitle, tls } = address;
  return async (presentationContexts, signal, work, turn) => {
    const associated = async () => {
      await using association = await requestAssociation({
        host,
        port,
        calledAETitle: aeTitle,
        callingAETitle,
        presentationContexts,
        maximumLength,
        timeouts,
        signal,
        ...(tls !== undefined && { tls }),
      });
      return await work(association);
    };
    try {
      return await turns.take(signal, associated, turn);
    } catch (error) {
      throw explain(error, name, "association");
    }
  };
}

/** Proposals of services, in any uncompressed transfer syntax. */
export function contextsOf(...abstractSyntaxes: readonly string[]): ContextProposal[] {
  return abstractSyntaxes.map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: TRANSFER_SYNTAXES }));
}
