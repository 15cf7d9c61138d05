/** What is asked to know whether the box is well. */
import type { X509Certificate } from "node:crypto";
import type { Dmp } from "../dmp/index.ts";
import type { Pacs } from "../pacs/index.ts";
import { type ImageService, manifestAddress } from "../source/index.ts";
import type { Store } from "../store/index.ts";
import {
  addressCheck,
  answers,
  type Check,
  type CheckState,
  type Configuration,
  certificatesCheck,
  clockCheck,
  diskCheck,
  queueCheck,
  type WatchedCertificate,
} from "../system/index.ts";
import type { Credentials } from "../trust/index.ts";
import type { ViewerService } from "../viewer/index.ts";

interface Watched {
  readonly store: Store;
  readonly dmp: Dmp;
  readonly pacs: readonly Pacs[];
  readonly images: ImageService | undefined;
  readonly viewer: ViewerService | undefined;
  readonly credentials: Credentials;
  readonly now: () => Date;
}

export function checksOf(
  configuration: Configuration,
  { store, dmp, pacs, images, viewer, credentials, now }: Watched,
): Check[] {
  return [
    answers("store", { fr: "La base locale", en: "The local database" }, () => store.heartbeat({ now: now() })),
    clockCheck((present) => store.heartbeat({ now: present }), now),
    diskCheck(configuration.dataFolder),
    certificatesCheck(
      () => [
        ...credentials.all.flatMap(ofStructure),
        ...(images === undefined ? [] : [ofListener("images", images.certificate)]),
        ...(viewer === undefined ? [] : [ofListener("viewer", viewer.certificate)]),
      ],
      now,
    ),
    ...pacs.map((peer) => answers(`pacs ${peer.name}`, { fr: "Le PACS", en: "The PACS" }, () => peer.echo())),
    answers("dmp", { fr: "Le DMP", en: "The DMP" }, () => dmp.check()),
    ...(images === undefined
      ? []
      : [serviceCheck("images", { fr: "Le service des images", en: "The image service" }, images)]),
    ...(viewer === undefined
      ? []
      : [
          serviceCheck(
            "viewer",
            { fr: "Le lien des comptes rendus", en: "The link of the reports" },
            viewer,
            "warning",
          ),
        ]),
    queueCheck(store.counts, now),
    addressCheck(() => manifestAddress(store, configuration.site.publicAddress), configuration.site.publicAddress),
  ];
}

function serviceCheck(
  id: string,
  named: { readonly fr: string; readonly en: string },
  service: Pick<ImageService | ViewerService, "problems">,
  state: CheckState = "error",
): Check {
  const probe = async () => {
    const [problem] = service.problems();
    if (problem !== undefined) throw problem;
  };
  return answers(id, named, probe, state);
}

function ofStructure({ structureId, authentication, signing }: Credentials["all"][number]): WatchedCertificate[] {
  return [
    watched(`AUTH_CLI ${structureId}`, authentication.certificate, "igc-sante"),
    watched(`SIGN ${structureId}`, signing.certificate, "igc-sante"),
  ];
}

function ofListener(section: string, certificate: X509Certificate): WatchedCertificate {
  return watched(`${section}.tls`, certificate, "market");
}

function watched(
  name: string,
  { validFromDate, validToDate }: X509Certificate,
  authority: WatchedCertificate["authority"],
): WatchedCertificate {
  return { name, validFrom: validFromDate, validTo: validToDate, authority };
}
