/**
 * The box, composed: this file, and only this one, knows every room.
 *
 *     node appliance/main.ts --config FILE
 */
import { chmod, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import {
  applicationActivity,
  auditErrors,
  createAuditDesk,
  createAuditExporter,
  createAuditKeeper,
  type Exporter,
} from "./audit/index.ts";
import { CodedError, type ErrorDefinition, fill, type Logger, said } from "./base/index.ts";
import { cdaErrors } from "./cda/index.ts";
import { type ApiOptions, createApi, type Explanation } from "./console/index.ts";
import { dicomErrors } from "./dicom/index.ts";
import { dimseErrors } from "./dimse/index.ts";
import { createDmp, type Dmp, dmpErrors } from "./dmp/index.ts";
import { createMllpServer, hl7Errors } from "./hl7/index.ts";
import { kosErrors } from "./kos/index.ts";
import {
  createNoteListener,
  createPacs,
  createStorageListener,
  type NoteListener,
  type Pacs,
  type PacsOptions,
  pacsErrors,
  probePacs,
  type StorageListener,
  type WadoAddress,
} from "./pacs/index.ts";
import { createSource, manifestAddress, readSenders, type Source, sourceErrors, toolErrors } from "./source/index.ts";
import { statisticsErrors } from "./statistics/index.ts";
import { openStore, type Store, storeErrors } from "./store/index.ts";
import {
  addressCheck,
  answers,
  backupErrors,
  type Check,
  type Configuration,
  certificatesCheck,
  claimFolder,
  clockCheck,
  createBackup,
  createBoard,
  createHealthServer,
  createLogger,
  createMetrics,
  diskCheck,
  listening,
  loadConfiguration,
  queueCheck,
  type WatchedCertificate,
} from "./system/index.ts";
import {
  type Credentials,
  loadAuthorities,
  loadClientIdentity,
  loadCredentials,
  loadServerTls,
  trustErrors,
} from "./trust/index.ts";
import { xdmErrors } from "./xdm/index.ts";
import { xdsErrors } from "./xds/index.ts";

const MANUFACTURER = "DRIMbox";
const CONFIGURATION_FILE = "config.json";
const MEGABYTE = 1024 * 1024;

export interface Box {
  /** Where reports are received and health is told, once ports chosen as 0 are known. */
  readonly addresses: {
    readonly hl7: { host: string; port: number };
    readonly health: string;
    readonly api: string;
    /** Where rejection notes are received, when the site has PACS that send them. */
    readonly notes?: { readonly host: string; readonly port: number };
  };
  /** Kept when the box cannot go on: its store is gone. The process should end and be started again. */
  readonly failed: Promise<CodedError>;
  /** Stops listening, ends or interrupts what is in hand, closes the store. */
  stop(): Promise<void>;
}

/**
 * Starts a box; resolves when it listens. Rejects with the coded error of the room that could not start, what had
 * started already closed again. Messages are taken last, work begins once they can be. `configurationFile` is where the
 * configuration came from, for the backups.
 */
export async function startBox(
  configuration: Configuration,
  log: Logger,
  configurationFile = CONFIGURATION_FILE,
): Promise<Box> {
  const { site, hl7, source: rules } = configuration;
  const now = () => new Date();
  const startedAt = now();
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

  await using started = new AsyncDisposableStack();
  const { socket, database } = await claimFolder(configuration.dataFolder);
  const store = started.adopt(await openStore(database), (one) => one.close());
  const credentials = await loadCredentials(
    configuration.dmp.structures.map(({ id, signature, ...pair }) => ({
      ...pair,
      structureId: id,
      signing: signature,
    })),
  );
  const dmp = started.adopt(await connectDmp(configuration, credentials, version, now), (one) => one.close());
  const storage = await listenForImages(configuration, log);
  if (storage !== undefined) started.defer(() => storage.close());
  const archives = await pacsOptions(configuration, storage, log);
  const pacs = archives.map(createPacs);
  const senders = readSenders(hl7.senders);

  const restored = await store.installation({ key: "restored_at" });
  const restoredAt = restored === undefined ? undefined : new Date(restored);
  const source = createSource({
    store,
    pacs,
    domains: configuration.pacs.map(({ name, patientDomains, accessionDomains }) => ({
      pacs: name,
      patient: patientDomains,
      accession: accessionDomains,
    })),
    dmp,
    recordAddress: configuration.dmp.address,
    site: { ...site, manufacturer: MANUFACTURER },
    version,
    installation: configuration.dmp.sourceId,
    environment: site.environment,
    timeZone: site.timeZone,
    defaultCharset: senders.charsetOf,
    delays: { firstMs: rules.retryFirstSeconds * 1000, longestMs: rules.retryLongestSeconds * 1000 },
    studyWaitDays: rules.studyWaitDays,
    recheckHours: rules.recheckHours,
    answerGraceMs: rules.answerGraceSeconds * 1000,
    ...said({ restoredAt, studyAuthority: configuration.dmp.guide.studyAuthority }),
    publications: configuration.dmp.concurrency,
    publicationsPerMinute: configuration.dmp.perMinute,
    ...(configuration.dmp.hours && { publicationHours: configuration.dmp.hours }),
    now,
    log,
    onStep: (event, code) => metrics.countStep(event, code),
  });
  const trail = await keepTrail(configuration, store, version, now, log);
  started.defer(() => trail.stop());
  const metrics = createMetrics({ counts: store.counts, destinations: source.destinations, now });
  const board = createBoard([...checksOf(configuration, { store, dmp, pacs, credentials, now }), ...trail.checks], log);

    dataFolder: configuration.dataFolder,
  const api = createApi({
    store,
    retry: source.retry,
    decide: source.decide,
    ...source.tools,
    probe: (question) => probe(archives, question),
    backup: (request, how) =>
      createBackup({
        ...request,
        ...how,
        store,
        dataFolder: configuration.dataFolder,
        configurationFile,
        version,
        now,
      }),
    audit: createAuditDesk({ store, now }),
    explain,
    status: async () => ({ version, startedAt, health: await board.read(), destinations: source.destinations() }),
    sources: sourcesOf(configuration),
    timeZone: site.timeZone,
    now,
    log,
  });
  started.defer(() => api.close());
  await listening("dataFolder", () => api.listen({ path: socket }));
  await chmod(socket, 0o600);

  const health = createHealthServer({ board, metrics });
  started.defer(() => health.close());
  const healthAddress = await listening("administration", () => health.listen(configuration.administration));

  const mllp = createMllpServer({
    host: hl7.host,
    port: hl7.port,
    allowAddresses: senders.addresses,
    limits: { messageBytes: hl7.maximumMegabytes * MEGABYTE },
    ...(hl7.tls && { tls: await loadServerTls(hl7.tls) }),
    onMessage: source.accept,
    log,
  });
  await listening("hl7", () => mllp.listen());
  started.defer(() => source.stop());
  started.defer(() => mllp.close());
  const notes = await listenForNotes(configuration, source, log);
  if (notes !== undefined) started.defer(() => notes.close());
  source.start();

  const addresses = said({ hl7: mllp.address(), health: healthAddress, api: socket, notes: notes?.address() });
  log.info({ version, ...addresses }, "box started");
  const running = started.move();
  return {
    addresses,
    failed: store.failed,
    async stop() {
      await running.disposeAsync();
      log.info({}, "box stopped");
    },
  };
}

/** The sentences of any error code that an exam may bear, with the facts of its case. */
function explain(code: string, facts: Readonly<Record<string, unknown>>): Explanation | undefined {
  const definition = catalogue[code];
  return definition && { message: fill(definition.message.fr, facts), remedy: fill(definition.remedy.fr, facts) };
}

const catalogue: Readonly<Record<string, ErrorDefinition>> = Object.assign(
  {},
  ...[
    sourceErrors,
    toolErrors,
    pacsErrors,
    dmpErrors,
    storeErrors,
    trustErrors,
    auditErrors,
    statisticsErrors,
    xdmErrors,
    backupErrors,
  ].map(({ definitions }) => definitions),
  ...[hl7Errors, cdaErrors, dicomErrors, dimseErrors, kosErrors, xdsErrors].map(({ definitions }) => definitions),
);

async function connectDmp(
  { dmp }: Configuration,
  credentials: Credentials,
  version: string,
  now: () => Date,
): Promise<Dmp> {
  const { guide } = dmp;
  const timeout = dmp.timeoutSeconds * 1000;
  return createDmp({
    baseUrl: dmp.address,
    trustedAuthorities: await loadAuthorities(dmp.authorityFile),
    credentials,
    identification: {
      mode: dmp.identification,
      legalEntities: Object.fromEntries(dmp.structures.flatMap(({ id, covers }) => covers.map((geo) => [geo, id]))),
      vihfStructure: guide.vihfStructure,
      senderCheck: guide.senderCheck,
    },
    software: {
      name: dmp.software.name,
      version: dmp.software.version ?? version,
      id: dmp.software.serial,
      homologation: dmp.software.approval,
      manufacturer: MANUFACTURER,
    },
    sourceId: dmp.sourceId,
    vihf: said({ version: dmp.vihfVersion, validitySeconds: guide.vihfValiditySeconds }),
    metadata: said({
      publishAct: guide.publishAct,
      modalityScheme: guide.modalityScheme,
      studyAuthority: guide.studyAuthority,
      defaultFacilityType: guide.facilityType,
      defaultPracticeSetting: guide.practiceSetting,
    }),
    digest: dmp.digest,
    timeouts: { connect: Math.min(timeout, 10_000), headers: timeout, body: timeout, total: timeout * 2 },
    now,
  });
}

function pacsOptions(
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
        timeouts: { connect: Math.min(response, 10_000), association: Math.min(response, 30_000), response },
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
async function probe(archives: readonly PacsOptions[], { pacs, ...question }: Parameters<ApiOptions["probe"]>[0]) {
  const asked = archives.filter(({ name }) => pacs === undefined || name === pacs);
  if (asked.length === 0) throw pacsErrors.fault("PACS_UNKNOWN", { details: { pacs: pacs ?? "" } });
  return Promise.all(asked.map(async (one) => ({ pacs: one.name, ...(await probePacs({ ...one, ...question })) })));
}

/** The mapping that the operator reads: who sends reports, who holds images under which domains, who sends notes. */
function sourcesOf({ hl7, pacs, rejectionNotes, dmp, site }: Configuration) {
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

/** Looks after the audit trail, and sends it on where the site has a repository for it. */
async function keepTrail(
  { audit, site }: Configuration,
  store: Store,
  version: string,
  now: () => Date,
  log: Logger,
): Promise<{ readonly checks: readonly Check[]; stop(): Promise<void> }> {
  const keeper = createAuditKeeper({ store, retentionYears: audit.retentionYears, now, log });
  const exporter = audit.export && (await connectRepository(audit.export, site.name, store, now, log));
  const tell = (event: "application-started" | "application-stopped") =>
    store.appendAuditRecords([applicationActivity(event, { at: now(), version })]);
  await tell("application-started");
  keeper.start();
  exporter?.start();
  const holds = (status: () => { readonly fault: CodedError | undefined }) => async () => {
    const { fault } = status();
    if (fault !== undefined) throw fault;
  };
  const named = { fr: "La trace d'audit", en: "The audit trail" };
  const repository = { fr: "Le dépôt d'audit", en: "The audit repository" };
  return {
    checks: [
      answers("audit", named, holds(keeper.status)),
      ...(exporter === undefined ? [] : [answers("audit export", repository, holds(exporter.status), "warning")]),
    ],
    async stop() {
      await Promise.all([keeper.stop(), exporter?.stop()]);
      // A store that is gone cannot take a last word.
      await tell("application-stopped").catch((error: unknown) => log.error({ error }, "the stop was not recorded"));
    },
  };
}

async function connectRepository(
  { host, port, authorityFile, client }: NonNullable<Configuration["audit"]["export"]>,
  siteName: string,
  store: Store,
  now: () => Date,
  log: Logger,
): Promise<Exporter> {
  const ca = await loadAuthorities(authorityFile);
  const identity = client && (await loadClientIdentity(client));
  const context = identity?.secureContext(ca) ?? createSecureContext({ ca, minVersion: "TLSv1.2" });
  return createAuditExporter({
    store,
    destination: { host, port, secureContext: () => context },
    source: { id: MANUFACTURER, site: siteName, host: hostname(), processId: process.pid },
    now,
    log,
  });
}

async function listenForImages(
  { imageReception, pacs }: Configuration,
  log: Logger,
): Promise<StorageListener | undefined> {
  if (imageReception === undefined) return undefined;
  const { host, port, tls } = imageReception;
  const listener = createStorageListener({
    host,
    port,
    aeTitles: pacs.flatMap(({ moveDestination }) => moveDestination ?? []),
    senders: pacs.flatMap(({ name, senders, aeTitle, host: address }) =>
      (senders.length > 0 ? senders : [{ aeTitle, host: address }]).map((sender) => ({ ...sender, pacs: name })),
    ),
    ...(tls && { tls: await loadServerTls(tls) }),
    log,
  });
  await listening("imageReception", () => listener.listen());
  return listener;
}

async function listenForNotes(
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

interface Watched {
  readonly store: Store;
  readonly dmp: Dmp;
  readonly pacs: readonly Pacs[];
  readonly credentials: Credentials;
  readonly now: () => Date;
}

function checksOf(configuration: Configuration, { store, dmp, pacs, credentials, now }: Watched): Check[] {
  return [
    answers("store", { fr: "La base locale", en: "The local database" }, () => store.heartbeat({ now: now() })),
    clockCheck((present) => store.heartbeat({ now: present }), now),
    diskCheck(configuration.dataFolder),
    certificatesCheck(credentials.all.flatMap(watchedCertificates), now),
    ...pacs.map((peer) => answers(`pacs ${peer.name}`, { fr: "Le PACS", en: "The PACS" }, () => peer.echo())),
    answers("dmp", { fr: "Le DMP", en: "The DMP" }, () => dmp.check()),
    queueCheck(store.counts, now),
    addressCheck(() => manifestAddress(store, configuration.site.publicAddress), configuration.site.publicAddress),
  ];
}

function watchedCertificates({
  structureId,
  authentication,
  signing,
}: Credentials["all"][number]): WatchedCertificate[] {
  return [
    { name: `AUTH_CLI ${structureId}`, certificate: authentication.certificate },
    { name: `SIGN ${structureId}`, certificate: signing.certificate },
  ].map(({ name, certificate }) => ({ name, validFrom: certificate.validFromDate, validTo: certificate.validToDate }));
}

/** Runs a box until it is told to stop or cannot go on. */
async function run(configFile: string): Promise<void> {
  // What the box writes is health data: for its own account only.
  process.umask(0o077);
  const configuration = await loadConfiguration(configFile);
  const log = createLogger({ level: configuration.log.level });
  const box = await startBox(configuration, log, configFile);
  const reason = await Promise.race([
    box.failed,
    ...(["SIGINT", "SIGTERM"] as const).map((signal) => new Promise((resolve) => process.once(signal, resolve))),
  ]);
  if (reason instanceof CodedError) {
    log.error({ error: reason }, "the box cannot go on");
    process.exitCode = 1;
  }
  await box.stop();
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { config: { type: "string", default: CONFIGURATION_FILE } } });
  try {
    await run(values.config);
  } catch (error) {
    const sentence =
      error instanceof CodedError
        ? `${error.text("fr")}${error.where === undefined ? "" : ` (${error.where})`} [${error.code}]\n→ ${error.definition.remedy.fr}`
        : (error as Error).stack;
    process.stderr.write(`${sentence}\n`);
    process.exitCode = 1;
  }
  process.exit();
}
