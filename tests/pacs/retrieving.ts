import { createHash } from "node:crypto";
import { CodedError, type Logger } from "../../appliance/base/index.ts";
import { ExplicitVRLittleEndian, encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import type { ServerLimits } from "../../appliance/dimse/index.ts";
import {
  createPacs,
  createStorageListener,
  type Pacs,
  type PacsOptions,
  type RetrieveMethod,
  type RetrieveOutcome,
  type RetrieveRequest,
  type StorageListener,
} from "../../appliance/pacs/index.ts";
import { type SandboxPacs, type SandboxPacsOptions, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import type { SyntheticInstance, SyntheticStudy } from "../../scripts/sandbox/studies.ts";
import { eventually } from "../support/dimse.ts";

export const EXPLICIT = ExplicitVRLittleEndian.uid;

/** Impatient, so that a test of silence is short. */
export const SHORT = { connect: 10_000, association: 10_000, network: 1_500, response: 3_000, busy: 5_000 };

export interface Site extends AsyncDisposable {
  readonly archive: SandboxPacs;
  readonly storage: StorageListener;
  readonly pacs: Pacs;
  /** Another client of the same PACS and the same listener. */
  pacsWith(changes: Partial<PacsOptions>): Pacs;
  /** Nothing goes on any more, on either side. */
  quiet(): Promise<void>;
}

export interface SiteOptions extends SandboxPacsOptions {
  readonly method: RetrieveMethod | readonly RetrieveMethod[];
  readonly client?: Partial<PacsOptions>;
  readonly listener?: Partial<ServerLimits>;
  readonly log?: Logger;
}

/** The PACS of the sandbox, our storage listener which it knows as DRIMBOX_STORE, and the client under test. */
export async function site({ method, client, listener, ...options }: SiteOptions): Promise<Site> {
  const archive = await startSandboxPacs(options);
  const { storage, pacsWith } = await receiving(
    { host: archive.host, port: archive.port, aeTitle: archive.aeTitle },
    [method].flat(),
    {
      limits: { network: SHORT.network, drain: 200, ...listener },
      ...(options.log !== undefined && { log: options.log }),
    },
  );
  const { host, port } = storage.address() ?? { host: "", port: 0 };
  archive.addDestination({ host, port, aeTitle: "DRIMBOX_STORE" });
  const quiet = () =>
    eventually(() => archive.associations === 0 && storage.associations === 0 && storage.moves.size === 0);
  return {
    archive,
    storage,
    pacs: pacsWith(client ?? {}),
    pacsWith,
    quiet,
    async [Symbol.asyncDispose]() {
      await Promise.all([archive.stop(), storage.close()]);
    },
  };
}

/** A storage listener for one PACS, and clients of that PACS that use it. */
export async function receiving(
  peer: { readonly host: string; readonly port: number; readonly aeTitle: string },
  retrieve: readonly RetrieveMethod[],
  options: { readonly limits?: Partial<ServerLimits>; readonly log?: Logger; readonly port?: number } = {},
): Promise<{ readonly storage: StorageListener; readonly pacsWith: (changes: Partial<PacsOptions>) => Pacs }> {
  const storage = createStorageListener({
    port: options.port ?? 0,
    host: "127.0.0.1",
    aeTitles: ["DRIMBOX_STORE"],
    senders: [{ pacs: "Archive", aeTitle: peer.aeTitle, host: "127.0.0.1" }],
    ...(options.limits !== undefined && { limits: options.limits }),
    ...(options.log !== undefined && { log: options.log }),
  });
  await storage.listen();
  const pacsWith = (changes: Partial<PacsOptions>) =>
    createPacs({
      name: "Archive",
      ...peer,
      callingAETitle: "DRIMBOX",
      storage,
      ...changes,
      profile: { retrieve, moveDestination: "DRIMBOX_STORE", ...changes.profile },
      timeouts: { ...SHORT, ...changes.timeouts },
    });
  return { storage, pacsWith };
}

/** What a request was given. */
export interface Retrieved {
  /** SHA-256 of the data set and transfer syntax, by SOP Instance UID. */
  readonly stored: ReadonlyMap<string, string>;
  readonly outcome: RetrieveOutcome | undefined;
  readonly code: string | undefined;
  readonly error: CodedError | undefined;
  /** What who takes the instances was told of those that broke off: codes. */
  readonly broken: readonly unknown[];
}

/** Retrieves the first series of a study, and takes all that comes unless the changes say otherwise. */
export async function retrieveFrom(
  pacs: Pick<Pacs, "retrieve">,
  study: SyntheticStudy,
  changes: Partial<RetrieveRequest> = {},
): Promise<Retrieved> {
  const stored = new Map<string, string>();
  const broken: unknown[] = [];
  const request: RetrieveRequest = {
    ...seriesOf(study),
    transferSyntaxes: [EXPLICIT],
    priority: "now",
    async store({ sopInstanceUID, transferSyntax }, data) {
      const hash = createHash("sha256");
      try {
        for await (const piece of data) hash.update(piece);
      } catch (error) {
        broken.push((error as CodedError).code);
        throw error;
      }
      stored.set(sopInstanceUID, `${hash.digest("hex")} ${transferSyntax}`);
    },
    ...changes,
  };
  try {
    const outcome = await pacs.retrieve(request);
    return { stored, outcome, code: undefined, error: undefined, broken };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { stored, outcome: undefined, code: error.code, error, broken };
  }
}

/** The UIDs of the first series, or of another. */
export function seriesOf(study: SyntheticStudy, index = 0) {
  const uids = [...new Set(study.instances.map(({ dataSet }) => dataSet.string(Tags.SeriesInstanceUID) ?? ""))];
  const seriesInstanceUID = uids[index] ?? "";
  const expected = study.instances
    .filter(({ dataSet }) => dataSet.string(Tags.SeriesInstanceUID) === seriesInstanceUID)
    .map(({ sopClassUID, sopInstanceUID }) => ({ sopClassUID, sopInstanceUID }));
  return { studyInstanceUID: study.studyInstanceUID, seriesInstanceUID, expected };
}

/** What `stored` must hold of a series. */
export function digests(study: SyntheticStudy, index = 0, transferSyntax = EXPLICIT): Map<string, string> {
  const { expected } = seriesOf(study, index);
  const uids = new Set(expected.map(({ sopInstanceUID }) => sopInstanceUID));
  const digest = ({ dataSet }: SyntheticInstance) =>
    createHash("sha256").update(encodeDataSet(dataSet, transferSyntax)).digest("hex");
  return new Map(
    study.instances
      .filter(({ sopInstanceUID }) => uids.has(sopInstanceUID))
      .map((one) => [one.sopInstanceUID, `${digest(one)} ${transferSyntax}`]),
  );
}
