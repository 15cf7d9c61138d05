/** The service of images for other boxes, as the configuration has it. */
import { join } from "node:path";
import { type Logger, said } from "../base/index.ts";
import { createPacsGroup, type Pacs } from "../pacs/index.ts";
import { type ImageService, type ImageServiceOptions, openImageService } from "../source/index.ts";
import type { Store } from "../store/index.ts";
import { type Configuration, listening } from "../system/index.ts";
import { loadAuthorities, loadClientIdentity } from "../trust/index.ts";

const MEGABYTE = 1024 * 1024;
const HOUR_MS = 3_600_000;
/** How often the files of certificates, revocations and the white list are looked at. */
const CERTIFICATES_SECONDS = 60;
/** Requests of one peer that wait for their turn, and for how long. */
const WAITING_PER_PEER = 64;
const LONGEST_WAIT_MS = 30_000;

interface Serving {
  readonly store: Store;
  readonly pacs: readonly Pacs[];
  readonly now: () => Date;
  readonly log: Logger;
  readonly onPrefetch: NonNullable<ImageServiceOptions["onPrefetch"]>;
}

export async function serveImages(
  configuration: Configuration,
  { store, pacs, now, log, onPrefetch }: Serving,
): Promise<ImageService | undefined> {
  const { images, site, dmp, dataFolder } = configuration;
  if (images === undefined) return undefined;
  const { host, port, keyFile, certificateFile, clientAuthorityFile, revocationFiles, identity } = images;
  const { issuer, introspectionEndpoint, userinfoEndpoint, clients, professions, cacheSeconds } = identity;
  const structure = dmp.structures.find(({ id }) => id === identity.structure) ?? dmp.structures[0];
  if (structure === undefined) throw new TypeError("a configuration without structures");
  const certificate = await loadClientIdentity(structure.authentication);
  const options = {
    ...{ host, port },
    base: site.publicAddress,
    environment: site.environment,
    tls: { keyFile, certificateFile, clientAuthorityFile, revocationFiles, checkEverySeconds: CERTIFICATES_SECONDS },
    whiteList: said({
      keptFile: join(dataFolder, "white-list.xml"),
      sourceFile: images.whiteListFile,
      checkEverySeconds: CERTIFICATES_SECONDS,
    }),
    tokens: {
      ...{ issuer, introspectionEndpoint, userinfoEndpoint, professions, cacheSeconds },
      client: { id: identity.clientId, certificate },
      trustedAuthorities: await loadAuthorities(identity.authorityFile),
      clients: clients.length === 0 ? ("any" as const) : clients,
    },
    cache: {
      folder: join(dataFolder, "images"),
      maximumBytes: images.cacheMegabytes * MEGABYTE,
      maximumAgeMs: images.cacheHours * HOUR_MS,
    },
    limits: {
      concurrent: images.concurrent,
      concurrentPerPeer: images.concurrentPerPeer,
      waitingPerPeer: WAITING_PER_PEER,
      longestWaitMs: LONGEST_WAIT_MS,
      perMinute: images.perMinute,
    },
    lenient: images.lenientAccept,
    transcode: configuration.pacs.filter(({ transcode }) => transcode).map(({ name }) => name),
    ...(images.prefetch && { prefetch: images.prefetch }),
    ...{ store, now, log, onPrefetch },
    pacs: createPacsGroup(pacs),
  };
  const service = await openImageService(options);
  await listening("images", () => service.listen());
  return service;
}
