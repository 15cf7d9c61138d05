/** The PACS of the site, as the configuration has them: how they are asked, from where they send. */
import { readFile } from "node:fs/promises";
import { type Logger, said } from "../base/index.ts";
import type { ApiOptions } from "../console/index.ts";
import {
  createNoteListener,
  createStorageListener,
  type NoteListener,
  type PacsOptions,
  pacsErrors,
  probePacs,
  type StorageListener,
  type WadoAddress,
} from "../pacs/index.ts";
import type { Source } from "../source/index.ts";
import { type Configuration, listening } from "../system/index.ts";
import { loadAuthorities, loadClientIdentity, loadServerTls } from "../trust/index.ts";

/** In the middle of a message; a PACS that searches its archive may take longer to begin. */
const LONGEST_SILENCE_MS = 30_000;

export function pacsOptions(
  configuration: Configuration,
  storage: StorageListener | undefined,
  log: Logger,
): Promise<PacsOptions[]> {
  return Promise.all(
    configuration.pacs.map(async ({ name, host, port, aeTitle, callingAETitle, tls, timeoutSeconds, ...rest }) => {
      const response = timeoutSeconds * 1000;
      const { characterSet, associations, maximumLength, trustedCounts, issuerOID, wado } = rest;
      const { retrieve, moveDestination, moveOriginator, getContexts } = rest;
      const asked = { characterSet, associations, maximumLength, trustedCounts, issuerOID };
      return {
        ...{ name, host, port, aeTitle, callingAETitle },
        profile: said({ ...asked, retrieve, moveDestination, moveOriginator, getContexts }),
        ...(tls && { tls: { ca: await loadAuthorities(tls.authorityFile) } }),
        ...(wado && { wado: await wadoAddress(wado) }),
        ...(storage && { storage }),
        timeouts: {
          connect: Math.min(response, 10_000),
          association: Math.min(response, 30_000),
          network: Math.min(response, LONGEST_SILENCE_MS),
          response,
          busy: response,
        },
        log,
      };
    }),
  );
}

type Wado = NonNullable<Configuration["pacs"][number]["wado"]>;

async function wadoAddress({ baseUrl, username, passwordFile, tokenFile, tls }: Wado): Promise<WadoAddress> {
  const secret = async (file: string) => (await readFile(file, "utf8")).trim();
  const basic = username !== undefined &&
    passwordFile !== undefined && { username, password: await secret(passwordFile) };
  const credentials = basic || (tokenFile !== undefined && { token: await secret(tokenFile) });
  const ca = tls && (await loadAuthorities(tls.authorityFile));
  const client = tls?.client && (await loadClientIdentity(tls.client));
  return {
    baseUrl,
    ...(credentials && { credentials }),
    ...(ca && { tls: client ? { secureContext: client.secureContext(ca) } : { ca } }),
  };
}

/** What each PACS can do, or the one that is named. */
export async function probe(
  archives: readonly PacsOptions[],
  { pacs, ...question }: Parameters<ApiOptions["probe"]>[0],
) {
  const asked = archives.filter(({ name }) => pacs === undefined || name === pacs);
  if (asked.length === 0) throw pacsErrors.fault("PACS_UNKNOWN", { details: { pacs: pacs ?? "" } });
  return Promise.all(asked.map(async (one) => ({ pacs: one.name, ...(await probePacs({ ...one, ...question })) })));
}

/** The mapping that the operator reads: who sends reports, who holds images under which domains, who sends notes. */
export function sourcesOf({ hl7, pacs, rejectionNotes, dmp, site }: Configuration) {
  return {
    publicAddress: site.publicAddress,
    senders: hl7.senders,
    pacs: pacs.map(({ name, host, port, aeTitle, callingAETitle, patientDomains, accessionDomains }) => ({
      ...{ name, host, port, aeTitle, callingAETitle, patientDomains, accessionDomains },
    })),
    ...(rejectionNotes && {
      rejectionNotes: { port: rejectionNotes.port, aeTitle: rejectionNotes.aeTitle, senders: rejectionNotes.senders },
    }),
    structures: dmp.structures.map(({ id, kind, covers }) => ({ id, kind, covers })),
  };
}

export async function listenForImages(
  { imageReception, pacs }: Configuration,
  log: Logger,
): Promise<StorageListener | undefined> {
  if (imageReception === undefined) return undefined;
  const { host, port, tls } = imageReception;
  // Of the most patient of them: the listener is the same for all.
  const network = Math.min(Math.max(...pacs.map(({ timeoutSeconds }) => timeoutSeconds)) * 1000, LONGEST_SILENCE_MS);
  const listener = createStorageListener({
    host,
    port,
    aeTitles: pacs.flatMap(({ moveDestination }) => moveDestination ?? []),
    senders: pacs.flatMap(({ name, senders, aeTitle, host: address }) =>
      (senders.length > 0 ? senders : [{ aeTitle, host: address }]).map((sender) => ({ ...sender, pacs: name })),
    ),
    ...(tls && { tls: await loadServerTls(tls) }),
    limits: { network },
    log,
  });
  await listening("imageReception", () => listener.listen());
  return listener;
}

export async function listenForNotes(
  { rejectionNotes }: Configuration,
  source: Source,
  log: Logger,
): Promise<NoteListener | undefined> {
  if (rejectionNotes === undefined) return undefined;
  const { host, port, aeTitle, senders, tls } = rejectionNotes;
  const listener = createNoteListener({
    host,
    port,
    aeTitle,
    allow: { callingAETitles: senders.map((one) => one.aeTitle), addresses: senders.map((one) => one.address) },
    ...(tls && { tls: await loadServerTls(tls) }),
    onNote: source.acceptNote,
    log,
  });
  await listening("rejectionNotes", () => listener.listen());
  return listener;
}
