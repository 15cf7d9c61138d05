import type { ReportMessage } from "../hl7/index.ts";
import type { StructureKind } from "../trust/index.ts";
import { OID } from "./codes.ts";
import { dmpErrors } from "./errors.ts";
import type { Actor, DmpOptions, IdentificationMode, Submission, SubmissionInput, WithdrawalInput } from "./model.ts";

const WHERE = "legalAuthenticator/assignedEntity/representedOrganization";

/** Under which identifiers a report is published. */
export interface StructureRoles {
  /** The author institution of the submission. */
  readonly author: { readonly id: string; readonly name: string };
  /** Identifiant_Structure of the VIHF. */
  readonly vihf: string;
  readonly certificate: { readonly structureId: string; readonly kind: StructureKind };
  readonly remarks: Submission["remarks"];
}

/** Who is author, who is named in the VIHF, whose certificate: one row per identification mode. */
const MODES: Readonly<
  Record<IdentificationMode, { author: StructureKind; vihf: StructureKind | "configured"; certificate: StructureKind }>
> = {
  EG: { author: "EG", vihf: "EG", certificate: "EG" },
  EJ: { author: "EJ", vihf: "EJ", certificate: "EJ" },
  "EJ/EG": { author: "EG", vihf: "configured", certificate: "EJ" },
};

export function actorOf(input: SubmissionInput | WithdrawalInput): Actor {
  return input.actor ?? input;
}

/**
 * The structure that acts. Only an author of the entry may replace or withdraw it (EX_2.1-1140): who acts in the place of
 * the report's people must be of their structure.
 * @throws DMP_METADATA_MISSING, DMP_STRUCTURE_MISMATCH, DMP_NO_CERTIFICATE_FOR_STRUCTURE
 */
export function actingStructure(
  input: SubmissionInput | WithdrawalInput,
  options: DmpOptions["identification"],
): StructureRoles {
  const acting = resolveStructure(actorOf(input), options);
  if (input.actor === undefined) return acting;
  const entry = resolveStructure({ header: input.header }, options);
  if (entry.author.id === acting.author.id) return acting;
  const values = { "actor's structure": acting.author.id, "entry's author": entry.author.id };
  throw dmpErrors.fault("DMP_STRUCTURE_MISMATCH", { where: WHERE, values });
}

/**
 * The structure of the professional who validated the report decides (requirements F-9313, F-EJEG): the report's legal
 * authenticator first; PRT-8 is only compared with it.
 * @throws DMP_METADATA_MISSING, DMP_STRUCTURE_MISMATCH, DMP_NO_CERTIFICATE_FOR_STRUCTURE
 */
function resolveStructure({ header, sender }: Actor, options: DmpOptions["identification"]): StructureRoles {
  const organization = header.legalAuthenticator?.organization;
  const id = organization?.id?.root === OID.structure ? organization.id.extension : undefined;
  if (!id) throw dmpErrors.fault("DMP_METADATA_MISSING", { where: `${WHERE}/id` });
  if (!organization?.name) throw dmpErrors.fault("DMP_METADATA_MISSING", { where: `${WHERE}/name` });
  const remarks = compareWithSender(id, sender, options.senderCheck ?? "remark");
  return { ...roles({ EG: id, EJ: options.legalEntities[id] }, organization.name, options), remarks };
}

/**
 * The same for an entry that is registered under `author`, whoever wrote it.
 * @throws DMP_NO_CERTIFICATE_FOR_STRUCTURE
 */
export function rolesOfAuthor(
  { id, name }: StructureRoles["author"],
  options: DmpOptions["identification"],
): Omit<StructureRoles, "remarks"> {
  const legal = MODES[options.mode].author === "EJ";
  return roles({ EG: legal ? undefined : id, EJ: legal ? id : options.legalEntities[id] }, name, options);
}

function roles(
  ids: Readonly<Record<StructureKind, string | undefined>>,
  name: string,
  options: DmpOptions["identification"],
): Omit<StructureRoles, "remarks"> {
  const row = MODES[options.mode];
  const get = (kind: StructureKind): string => {
    const found = ids[kind];
    if (found === undefined) {
      const details = { kind, structure: ids.EG ?? ids.EJ ?? "" };
      throw dmpErrors.fault("DMP_NO_CERTIFICATE_FOR_STRUCTURE", { where: WHERE, details });
    }
    return found;
  };
  return {
    author: { id: get(row.author), name },
    vihf: get(row.vihf === "configured" ? (options.vihfStructure ?? "EG") : row.vihf),
    certificate: { structureId: get(row.certificate), kind: row.certificate },
  };
}

function compareWithSender(
  id: string,
  sender: ReportMessage["sender"],
  check: "off" | "remark" | "error",
): Submission["remarks"] {
  const announced = sender?.organization && nationalId(sender.organization);
  if (check === "off" || announced === undefined || announced === id) return [];
  const values = { "PRT-8.10": announced, [`${WHERE}/id`]: id };
  if (check === "error") throw dmpErrors.fault("DMP_STRUCTURE_MISMATCH", { where: "PRT-8.10", values });
  return [{ code: "DMP_STRUCTURE_MISMATCH", where: "PRT-8.10" }];
}

/** PRT-8 gives a bare FINESS with its type, or the national identifier (IDNST) with its prefix. */
function nationalId(organization: { readonly id?: string; readonly idType?: string }): string | undefined {
  const { id, idType } = organization;
  return id !== undefined && /^FINE[GJ]$/.test(idType ?? "") && id.length === 9 ? `1${id}` : id;
}

/** First digit of a structure's identifier (Struct_IdNat) to that of its inner identifiers (PS_IdNat). */
const INNER_PREFIX: Readonly<Record<string, string>> = { "0": "1", "1": "3", "2": "4", "3": "5", "4": "6" };

/** National identifier of a system of the structure: FINESS `1750099999` gives `3750099999/DRIMBOX`. */
export function deviceId(structureId: string, name: string): string {
  const prefix = INNER_PREFIX[structureId.charAt(0)] ?? structureId.charAt(0);
  return `${prefix}${structureId.slice(1)}/${name.toUpperCase().replace(/[^A-Z0-9-]/g, "")}`;
}
