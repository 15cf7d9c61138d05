/** The national record, as the configuration has it. */
import { said } from "../base/index.ts";
import { createDmp, type Dmp } from "../dmp/index.ts";
import type { Configuration } from "../system/index.ts";
import { type Credentials, loadAuthorities } from "../trust/index.ts";

export const MANUFACTURER = "DRIMbox";

export async function connectDmp(
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
