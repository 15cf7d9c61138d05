/** What a site of the sandbox needs to serve its images: certificates, revocation lists, a white list, Pro Santé Connect. */
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxIdentity, SandboxPki } from "./pki.ts";
import { type Psc, SITE_CLIENT, startPsc, VIEWER_ADDRESS } from "./psc/index.ts";

export interface SandboxImages {
  /** The section `images` of the configuration. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The section `viewer`. */
  readonly viewer: Readonly<Record<string, unknown>>;
  readonly psc: Psc;
  /** PEM of the authority of the server certificate. */
  readonly serverAuthorityFile: string;
  /** Rewrites the white list with these certificates on it. */
  list(identities: readonly Pick<SandboxIdentity, "certificate">[]): void;
}

/** Prepares `folder`; the neighbour of the sandbox is on the white list. */
export async function sandboxImages(pki: SandboxPki, folder: string): Promise<SandboxImages> {
  const [site, neighbour] = pki.structures;
  const { server, rootFile } = await pki.market();
  const psc = await startPsc({ pki });
  const whiteListFile = join(folder, "white-list.xml");
  let generation = Date.now() - 3_600_000;
  const list: SandboxImages["list"] = (identities) => {
    // Each is younger than the one before, or it would not be taken.
    generation += 1000;
    writeFileSync(whiteListFile, whiteList(identities.map(subjectOf), new Date(generation)));
  };
  list([neighbour.auth]);
  return {
    psc,
    serverAuthorityFile: rootFile,
    list,
    viewer: {
      host: "127.0.0.1",
      port: 0,
      keyFile: server.keyFile,
      certificateFile: server.certificateFile,
      publicAddress: VIEWER_ADDRESS,
      portalAddress: "https://portail.tilleuls.example.fr/patients",
      login: {
        authorizationEndpoint: psc.authorizationEndpoint,
        tokenEndpoint: psc.tokenEndpoint,
        jwksEndpoint: psc.jwksEndpoint,
        endSessionEndpoint: psc.endSessionEndpoint,
      },
    },
    settings: {
      host: "127.0.0.1",
      port: 0,
      keyFile: server.keyFile,
      certificateFile: server.certificateFile,
      clientAuthorityFile: pki.trustFile,
      revocationFiles: [await pki.revoke("root"), await pki.revoke("organisations")],
      whiteListFile,
      identity: {
        issuer: psc.issuer,
        introspectionEndpoint: psc.introspectionEndpoint,
        userinfoEndpoint: psc.userinfoEndpoint,
        authorityFile: pki.trustFile,
        clientId: SITE_CLIENT,
        structure: site.id,
      },
    },
  };
}

/** The attributes of the subject, as the list writes them: one after the other, most specific first. */
function subjectOf({ certificate }: Pick<SandboxIdentity, "certificate">): string {
  return new X509Certificate(certificate).subject.split("\n").toReversed().join(",");
}

function whiteList(subjects: readonly string[], generatedAt: Date): string {
  const date = generatedAt.toISOString().replace(/\.\d+Z$/, "Z");
  const domains = subjects.map(
    (subject, index) =>
      `<Domaine><Identifiant>${index + 1}</Identifiant><db>db${index + 2}.sandbox.example</db><vi/>` +
      `<Denomination>DRIMbox ${index + 2}</Denomination><DNCertificatOperateur>${subject}</DNCertificatOperateur>` +
      `<SupportContact>support@sandbox.example</SupportContact><DateMAJ>${date}</DateMAJ></Domaine>`,
  );
  return (
    `<?xml version="1.0" encoding="UTF-8"?>` +
    `<ListeBlancheDRIM-M xmlns="https://github.com/ansforge/DRIM-M_DATA" versionFormat="1.0.0">` +
    `<DateDeGeneration>${date}</DateDeGeneration><ListeDomaines>${domains.join("")}</ListeDomaines></ListeBlancheDRIM-M>`
  );
}
