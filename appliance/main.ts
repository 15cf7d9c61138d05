/**
 * The box, composed: this file, and only this one, knows every room.
 *
 *     node appliance/main.ts --config FILE
 */
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CodedError, type ErrorDefinition, fill, type Logger, said } from "./base/index.ts";
import { createApi, type Explanation } from "./console/index.ts";
import { dicomErrors } from "./dicom/index.ts";
import { createDmp, type Dmp, dmpErrors } from "./dmp/index.ts";
import { createMllpServer } from "./hl7/index.ts";
import { kosErrors } from "./kos/index.ts";
import { createPacs, createPacsGroup, type Pacs, pacsErrors } from "./pacs/index.ts";
import { createSource, readSenders, sourceErrors } from "./source/index.ts";
import { openStore, storeErrors } from "./store/index.ts";
import {
  answers,
  type Check,
  type Configuration,
  certificatesCheck,
  clockCheck,
  configurationErrors,
  createBoard,
  createHealthServer,
  createLogger,
  createMetrics,
  diskCheck,
  loadConfiguration,
  queueCheck,
  type WatchedCertificate,
} from "./system/index.ts";
import { type Credentials, loadCredentials, trustErrors } from "./trust/index.ts";
import { xdsErrors } from "./xds/index.ts";

const MANUFACTURER = "DRIMbox";
const MEGABYTE = 1024 * 1024;

export interface Box {
  /** Where reports are received and health is told, once ports chosen as 0 are known. */
  readonly addresses: { readonly hl7: { host: string; port: number }; readonly health: string; readonly api: string };
  /** Stops listening, ends or interrupts what is in hand, closes the store. */
  stop(): Promise<void>;
}

/** Starts a box; resolves when it listens. Rejects with the coded error of the room that could not start. */
export async function startBox(configuration: Configuration, log: Logger): Promise<Box> {
  const { site, source: rules } = configuration;
  const now = () => new Date();
  const startedAt = now();
  const version = await readVersion();

  await mkdir(configuration.dataFolder, { recursive: true, mode: 0o700 });
  const api = join(configuration.dataFolder, "box.sock");
  await claimFolder(api, configuration.dataFolder);
  const store = await openStore(join(configuration.dataFolder, "box.db"));

  const credentials = await loadCredentials(
    configuration.dmp.structures.map(({ id, kind, authentication, signature }) => ({
      structureId: id,
      kind,
      authentication,
      signing: signature,
    })),
  );
  const dmp = await connectDmp(configuration, credentials, version, now);
  const pacs = await connectPacs(configuration, log);
  const senders = readSenders(configuration.hl7.senders);

  const source = createSource({
    store,
    pacs: createPacsGroup(pacs),
    dmp,
    site: { ...site, manufacturer: MANUFACTURER },
    environment: site.environment,
    timeZone: site.timeZone,
    defaultCharset: senders.charsetOf,
    delays: { firstMs: rules.retryFirstSeconds * 1000, longestMs: rules.retryLongestSeconds * 1000 },
    studyWaitDays: rules.studyWaitDays,
    publications: configuration.dmp.concurrency,
    now,
    log,
    onStep: (event, code) => metrics.countStep(event, code),
  });
  const metrics = createMetrics({ counts: store.counts, destinations: source.destinations, now });
  const board = createBoard(checksOf(configuration, { store, dmp, pacs, credentials, now }), now, log);

  const health = createHealthServer({ board, registry: metrics.registry });
  const administration = createApi({
    store,
    retry: source.retry,
    explain,
    status: async () => ({ version, startedAt, health: await board.read(), destinations: source.destinations() }),
  });
  const mllp = createMllpServer({
    host: configuration.hl7.host,
    port: configuration.hl7.port,
    allowAddresses: senders.addresses,
    limits: { messageBytes: configuration.hl7.maximumMegabytes * MEGABYTE },
    ...(configuration.hl7.tls && { tls: await serverTls(configuration.hl7.tls) }),
    onMessage: source.accept,
    log,
  });

  source.start();
  await administration.listen({ path: api });
  await chmod(api, 0o600);
  const healthAddress = await health.listen(configuration.administration);
  await mllp.listen();
  const addresses = { hl7: mllp.address(), health: healthAddress, api };
  log.info({ version, ...addresses }, "box started");

  return {
    addresses,
    async stop() {
      await mllp.close();
      await source.stop();
      await Promise.all([health.close(), administration.close(), dmp.close()]);
      await store.close();
      log.info({}, "box stopped");
    },
  };
}

/** The sentences of any error code that an exam may bear, with the facts of its case. */
function explain(code: string, facts: Readonly<Record<string, unknown>>): Explanation | undefined {
  const tables = [sourceErrors, pacsErrors, kosErrors, dmpErrors, trustErrors, xdsErrors, dicomErrors, storeErrors];
  const definitions: Readonly<Record<string, ErrorDefinition>> = Object.assign(
    {},
    ...tables.map((table) => table.definitions),
  );
  const definition = definitions[code];
  return definition && { message: fill(definition.message.fr, facts), remedy: fill(definition.remedy.fr, facts) };
}

async function readVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}

/** Two boxes on one folder would publish twice: a socket that answers has an owner, one that does not is a leftover. */
async function claimFolder(socket: string, folder: string): Promise<void> {
  const owned = await new Promise<boolean>((resolve) => {
    const probe = connect(socket, () => resolve(true)).on("error", () => resolve(false));
    probe.on("close", () => probe.destroy());
    probe.unref();
  });
  if (owned) throw configurationErrors.fault("CONFIG_FOLDER_IN_USE", { details: { folder } });
  await rm(socket, { force: true });
}

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
    trustedAuthorities: await readFile(dmp.authorityFile, "utf8"),
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
    vihf: {
      version: dmp.vihfVersion,
      ...(guide.vihfValiditySeconds !== undefined && { validitySeconds: guide.vihfValiditySeconds }),
    },
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

function connectPacs(configuration: Configuration, log: Logger): Promise<Pacs[]> {
  return Promise.all(
    configuration.pacs.map(async ({ tls, timeoutSeconds, ...peer }) => {
      const response = timeoutSeconds * 1000;
      return createPacs({
        ...peer,
        ...(tls && { tls: { ca: await readFile(tls.authorityFile, "utf8") } }),
        timeouts: { connect: Math.min(response, 10_000), association: Math.min(response, 30_000), response },
        log,
      });
    }),
  );
}

async function serverTls(files: NonNullable<Configuration["hl7"]["tls"]>) {
  const [key, cert, ca] = await Promise.all([
    readFile(files.keyFile),
    readFile(files.certificateFile),
    files.clientAuthorityFile && readFile(files.clientAuthorityFile),
  ]);
  return { key, cert, minVersion: "TLSv1.2" as const, ...(ca && { ca, requestCert: true, rejectUnauthorized: true }) };
}

interface Watched {
  readonly store: Awaited<ReturnType<typeof openStore>>;
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

if (import.meta.main) {
  const { values } = parseArgs({ options: { config: { type: "string", default: "config.json" } } });
  try {
    const configuration = await loadConfiguration(values.config);
    const box = await startBox(configuration, createLogger({ level: configuration.log.level }));
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => void box.stop().then(() => process.exit(0)));
    }
  } catch (error) {
    const coded = error instanceof CodedError;
    process.stderr.write(
      coded ? `${error.text("fr")} [${error.code}]\n→ ${error.definition.remedy.fr}\n` : `${(error as Error).stack}\n`,
    );
    process.exit(1);
  }
}
