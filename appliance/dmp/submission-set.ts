import type { Professional } from "../cda/index.ts";
import { type Author, ce, cx, dtm, type Person, type SubmissionSet, xcnPerson, xon } from "../xds/index.ts";
import { contentType, MANIFEST, OID } from "./codes.ts";
import { missing } from "./errors.ts";
import type { Actor, DmpOptions, SubmissionInput, WithdrawalInput } from "./model.ts";
import { actorOf, type StructureRoles } from "./structure.ts";

export const SUBMISSION_SET = "SubmissionSet01";

/** The set of a submission or of a withdrawal: its author is who acts. */
export function submissionSet(
  input: SubmissionInput | WithdrawalInput,
  structure: StructureRoles,
  { sourceId }: Pick<DmpOptions, "sourceId">,
): SubmissionSet {
  return {
    id: SUBMISSION_SET,
    uniqueId: input.ids.submissionSet,
    sourceId,
    patientId: patientId(input),
    submissionTime: dtm(input.submittedAt),
    title: MANIFEST.title,
    authors: [submittingAuthor(actorOf(input), structure)],
    contentTypeCode: contentType(input.visitClass),
  };
}

export function patientId({ patient: { ins } }: SubmissionInput | WithdrawalInput): string {
  return cx(ins.matricule, ins.oid, "NH");
}

export function institutions({ author }: StructureRoles): string[] {
  return [xon(author.name, author.id, OID.structure)];
}

/** Who answers for a report, with everything an XCN needs. */
export function authenticatorOf({ header }: Actor): Person {
  const person: Professional | undefined = header.legalAuthenticator;
  const where = "legalAuthenticator/assignedEntity";
  if (person?.id?.root !== OID.professional || !person.id.extension) throw missing(`${where}/id`);
  if (!person.name) throw missing(`${where}/assignedPerson/name`);
  const { family, given } = person.name;
  return { id: person.id.extension, oid: person.id.root, family, given };
}

/** Author of the set: who sends, by PRT (SB), else who answers for the report, whose specialty is known. */
function submittingAuthor(actor: Actor, structure: StructureRoles): Author {
  const authenticator = authenticatorOf(actor);
  const { id, family, given, oid = OID.professional } = actor.sender?.person ?? {};
  const national = oid === OID.professional;
  const sender = national && id && family && given ? { id, family, given, oid } : authenticator;
  const specialty = actor.header.legalAuthenticator?.specialty;
  const known = specialty !== undefined && sender.id === authenticator.id;
  return {
    person: xcnPerson(sender),
    institutions: institutions(structure),
    ...(known ? { specialties: [ce(specialty.code, specialty.displayName ?? "", specialty.codeSystem)] } : {}),
  };
}
