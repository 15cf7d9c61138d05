/** What the links of the reports lead to, as the configuration has it. */
import { type Logger, said } from "../base/index.ts";
import type { Source } from "../source/index.ts";
import type { Store } from "../store/index.ts";
import { type Configuration, listening } from "../system/index.ts";
import { loadAuthorities, loadClientIdentity } from "../trust/index.ts";
import { openViewerService, seriesList, type ViewerService, type ViewerServiceOptions } from "../viewer/index.ts";

/** How often the files of the certificate are looked at. */
const CERTIFICATE_SECONDS = 60;
const MINUTE_MS = 60_000;

interface Serving {
  readonly source: Pick<Source, "links">;
  readonly store: Store;
  readonly onOpened: NonNullable<ViewerServiceOptions["onOpened"]>;
  readonly now: () => Date;
  readonly log: Logger;
}

export async function serveLinks(
  { viewer, images, site, dmp }: Configuration,
  { source, store, onOpened, now, log }: Serving,
): Promise<ViewerService | undefined> {
  if (viewer === undefined) return undefined;
  // The configuration is not valid without it.
  const identity = images?.identity;
  const structure = dmp.structures.find(({ id }) => id === identity?.structure) ?? dmp.structures[0];
  if (identity === undefined || structure === undefined) throw new TypeError("a viewer without images.identity");
  const { host, port, publicAddress, portalAddress, portalParameters, keyFile, certificateFile } = viewer;
  const { issuer, userinfoEndpoint, clientId, authorityFile, professions } = identity;
  const service = await openViewerService({
    ...{ host, port, publicAddress, store, onOpened, now, log },
    site: site.name,
    exams: source.links,
    viewer: seriesList,
    portal: portalAddress === undefined ? undefined : { address: portalAddress, parameters: portalParameters },
    tls: { keyFile, certificateFile, checkEverySeconds: CERTIFICATE_SECONDS },
    login: said({
      ...{ issuer, userinfoEndpoint, professions, ...viewer.login },
      client: { id: clientId, certificate: await loadClientIdentity(structure.authentication) },
      trustedAuthorities: await loadAuthorities(authorityFile),
    }),
    idleMs: viewer.idleMinutes * MINUTE_MS,
    perMinute: viewer.perMinute,
  });
  await listening("viewer", () => service.listen());
  return service;
}
