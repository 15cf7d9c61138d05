/**
 * The box, composed: this file and its parts in `main/`, and only these, know every room.
 *
 *     node appliance/main.ts --config FILE
 */
import { chmod, readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createAuditDesk } from "./audit/index.ts";
import { CodedError, type Logger, said } from "./base/index.ts";
import { createApi } from "./console/index.ts";
import { createMllpServer } from "./hl7/index.ts";
import { explain } from "./main/catalogue.ts";
import { checksOf } from "./main/checks.ts";
import { connectDmp, MANUFACTURER } from "./main/dmp.ts";
import { serveImages } from "./main/images.ts";
import { listenForImages, listenForNotes, pacsOptions, probe, sourcesOf } from "./main/pacs.ts";
import { keepTrail } from "./main/trail.ts";
import { serveLinks } from "./main/viewer.ts";
import { createPacs } from "./pacs/index.ts";
import { createSource, readSenders } from "./source/index.ts";
import { openStore } from "./store/index.ts";
import {
  type Configuration,
  claimFolder,
  createBackup,
  createBoard,
  createHealthServer,
  createLogger,
  createMetrics,
  listening,
  loadConfiguration,
} from "./system/index.ts";
import { loadCredentials, loadServerTls } from "./trust/index.ts";

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
    /** Where other boxes ask for images, when the site serves them. */
    readonly images?: { readonly host: string; readonly port: number };
    /** Where the links of reports lead, when the site answers them. */
    readonly viewer?: { readonly host: string; readonly port: number };
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
  const images = await serveImages(configuration, {
    ...{ store, pacs, now, log },
    onPrefetch: (code) => metrics.countPrefetch(code),
  });
  if (images !== undefined) started.defer(() => images.close());

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
    dataFolder: configuration.dataFolder,
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
    onWithdrawal: (studyInstanceUID) => {
      images?.withdraw(studyInstanceUID).catch((error: unknown) => log.error({ error }, "images were not withdrawn"));
    },
    onPublication: (studyInstanceUID) => images?.published(studyInstanceUID),
    onStep: (event, code) => metrics.countStep(event, code),
  });
  const trail = await keepTrail(configuration, store, version, now, log);
  started.defer(() => trail.stop());
  const metrics = createMetrics({ counts: store.counts, destinations: source.destinations, now });
  const viewer = await serveLinks(configuration, {
    ...{ source, store, now, log },
    onOpened: (reader, code) => metrics.countLink(reader, code),
  });
  if (viewer !== undefined) started.defer(() => viewer.close());
  const board = createBoard(
    [...checksOf(configuration, { store, dmp, pacs, images, viewer, credentials, now }), ...trail.checks],
    log,
  );

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
    audit: createAuditDesk({ store, timeZone: site.timeZone, now }),
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

  const addresses = said({
    hl7: mllp.address(),
    health: healthAddress,
    api: socket,
    notes: notes?.address(),
    images: images?.address,
    viewer: viewer?.address,
  });
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
