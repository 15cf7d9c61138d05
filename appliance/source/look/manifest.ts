import { said } from "../../base/index.ts";
import type { InstanceIdentifier, Order, Organization, ReportHeader } from "../../cda/index.ts";
import type { ManifestInput } from "../../kos/index.ts";
import type { FoundStudy } from "../../pacs/index.ts";
import type { LocalIdentity } from "../intake/identity.ts";
import type { Judgement } from "../intake/judge.ts";
import { latestOf, type Reports, studiesOf } from "../intake/report.ts";

export interface SiteFacts {
  readonly name: string;
  readonly timeZone: string;
  readonly publicAddress: string;
  readonly manufacturer: string;
}

/** What reports that leave no doubt say; the only ones of which anything is made. */
export type ClearReports = Extract<Judgement, { kind: "clear" }>;

/**
 * What the manifest of a study is made of: the images as the PACS lists them, the patient and the acts as the reports
 * say. The latest report speaks for the patient, all of them give their orders.
 */
export function manifestInput(facts: {
  readonly study: FoundStudy;
  readonly judgement: ClearReports;
  readonly structure: string;
  readonly site: SiteFacts;
  readonly createdAt: Date;
  readonly version: number;
}): ManifestInput {
  const { study, site } = facts;
  const { reports } = facts.judgement;
  const { header } = latestOf(reports);
  const { patient } = header;
  const act = header.serviceEvents.find((event) => event.studyInstanceUID === study.studyInstanceUID)?.act;
  return said({
    study,
    patient: said({
      // The identity was found certain: these traits are there.
      ins: patient.ins as NonNullable<typeof patient.ins>,
      ipp: ippOf(facts.judgement, study),
      familyName: patient.birthName?.family ?? "",
      givenName: patient.birthName?.given ?? "",
      birthDate: patient.birthDate?.slice(0, 8) ?? "",
      sex: dicomSex(patient.sex),
      birthPlaceCode: patient.birthPlaceCode,
    }),
    requests: requestsOf(ordersOf(study, reports)),
    actName: act?.displayName,
    institution: { name: institutionOf(header)?.name ?? site.name, id: facts.structure },
    manufacturer: site.manufacturer,
    retrieveBase: site.publicAddress,
    timeZone: site.timeZone,
    createdAt: facts.createdAt,
    version: facts.version,
  });
}

/** The patient identifier of the PACS that holds the study. */
export function ippOf({ candidates }: ClearReports, { pacs }: FoundStudy): LocalIdentity {
  const candidate = candidates.find((one) => one.pacs === pacs);
  if (candidate === undefined) throw new TypeError("the study was matched");
  return candidate.ipp;
}

/**
 * The orders that a study answers. A report on one study gives all of its own; one on several studies does not say which
 * order is whose, and the accession number of the images does.
 */
export function ordersOf({ accessionNumber }: FoundStudy, reports: Reports): Order[] {
  return reports.flatMap(({ header }) =>
    studiesOf(header).length === 1
      ? header.orders
      : header.orders.filter(({ accession }) => accession?.extension === accessionNumber),
  );
}

/** Distinct orders, each with its accession number and order number. */
function requestsOf(orders: readonly Order[]): ManifestInput["requests"] {
  const requests = new Map<string, ManifestInput["requests"][number]>();
  for (const { accession, placerOrder } of orders) {
    const request = said({ accession: assigned(accession), placerOrder: assigned(placerOrder) });
    requests.set(JSON.stringify(request), request);
  }
  return [...requests.values()];
}

function assigned(id: InstanceIdentifier | undefined): { value: string; oid: string } | undefined {
  return id?.extension === undefined ? undefined : { value: id.extension, oid: id.root };
}

function institutionOf(header: ReportHeader): Organization | undefined {
  return header.legalAuthenticator?.organization ?? header.custodian;
}

/** HL7 AdministrativeGender to PS3.3 Patient's Sex: UN and anything else is O. */
function dicomSex(sex: string | undefined): string {
  return sex === "M" || sex === "F" ? sex : "O";
}
