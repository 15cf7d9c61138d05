/** What the record holds of a study, beside what it must hold. */
import { readManifest } from "../../../appliance/kos/index.ts";
import type { Dmp, RegisteredDocument } from "../../../scripts/sandbox/dmp/index.ts";

export interface Wanted {
  readonly studyInstanceUID: string;
  /** Of whom, and how it came to it: for the person who reads a failure. */
  readonly life: number;
  readonly story: readonly string[];
  /** The one that is approved; absent: none is. */
  readonly manifest?: ManifestFacts;
  /** Reports on it stand, and the PACS has no image of it. */
  readonly awaited?: boolean;
}

export interface ManifestFacts {
  readonly patientId: string;
  /** SOP Instance UIDs, sorted. */
  readonly instances: readonly string[];
  /** Codes of the restrictions, sorted. */
  readonly visibility: readonly string[];
}

/** The approved manifests of a study. */
export function held(dmp: Dmp, studyInstanceUID: string): ManifestFacts[] {
  return dmp.approvedManifests(studyInstanceUID).map(factsOf);
}

function factsOf({ patientId, content, metadata }: RegisteredDocument): ManifestFacts {
  const restrictions = metadata.matchAll(/nodeRepresentation="(MASQUE_PS|INVISIBLE_\w+)"/g);
  return {
    patientId,
    instances: readManifest(content)
      .studies.flatMap(({ series }) => series.flatMap((one) => one.instances))
      .map(({ sopInstanceUID }) => sopInstanceUID)
      .sort(),
    visibility: [...restrictions].map(([, code]) => code ?? "").sort(),
  };
}
