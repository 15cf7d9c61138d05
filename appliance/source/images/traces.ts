import { imagesSent, securityAlert } from "../../audit/index.ts";
import { type CodedError, said } from "../../base/index.ts";
import type { Professional } from "../../identity/index.ts";
import type { Delivery } from "../../images/index.ts";
import type { NewStatistic, Traces } from "../../store/index.ts";
import type { Peer } from "./gate.ts";
import type { ServedManifest } from "./manifests.ts";

/** What is known of a request when it is over. */
export interface Told {
  readonly at: Date;
  readonly peer: Peer;
  readonly professional?: Professional | undefined;
  /** As it was asked for, whether it is ours or not. */
  readonly studyInstanceUID?: string | undefined;
  readonly document?: string | undefined;
  readonly manifest?: ServedManifest | undefined;
  readonly series?: readonly string[] | undefined;
  readonly milliseconds: number;
  readonly delivery?: Delivery | undefined;
  /** Why nothing was sent, or not all. */
  readonly fault?: CodedError | undefined;
}

/** What a request for images leaves behind (DB.SO.46, DB.SO.47, DB.SO.87). */
export function tracesOf(told: Told): Traces {
  const { at, peer, professional, studyInstanceUID, manifest, delivery, fault } = told;
  const end = { id: peer.name === "" ? peer.address : peer.name, address: peer.address };
  const record = imagesSent({
    at,
    peer: end,
    users: professional === undefined ? [] : [{ id: professional.subjectNameID }],
    patients: manifest === undefined ? [] : [{ id: manifest.ins.id, authority: manifest.ins.issuerOID }],
    studies: studyInstanceUID === undefined ? [] : [studyInstanceUID],
    documents: told.document === undefined ? [] : [told.document],
    fault,
    ...said({
      series: told.series,
      instances: delivery?.instances,
      missing: delivery?.missing.length === 0 ? undefined : delivery?.missing,
      bytes: delivery?.bytes,
    }),
  });
  const statistic: NewStatistic = {
    at,
    kind: "images-served",
    status: fault === undefined ? "succes" : "erreur",
    facts: said({
      structure: manifest?.structure,
      modalities: manifest?.modalities,
      series: told.series?.length,
      instances: delivery?.instances,
      bytes: delivery?.bytes,
      milliseconds: Math.round(told.milliseconds),
    }),
    ...(fault !== undefined && { code: fault.code }),
  };
  return { audit: [record], statistics: [statistic] };
}

/** Somebody was turned away at the door, before anything was asked for. */
export function alertOf(at: Date, peer: Peer, fault: CodedError): Traces {
  const event = peer.fault === undefined ? "peer-refused" : "certificate-refused";
  return {
    audit: [securityAlert(event, { at, peer: { id: peer.name || peer.address, address: peer.address }, fault })],
  };
}
