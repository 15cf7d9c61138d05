/** What was done and for whom: `documentationOf/serviceEvent`, its performer, and the other professionals. */
import { said } from "../base/index.ts";
import type { CodedValue, Professional, ServiceEvent, TranslatedValue } from "./model.ts";
import type { Node } from "./node.ts";
import {
  codedValue,
  identifierOf,
  instanceIdentifier,
  organization,
  PROFESSIONAL_OID,
  personName,
  time,
} from "./values.ts";

/** Qualifiers of the imaging model (IMG-CR-IMG 2024.01), and the code systems that stand for them when they lack. */
const MODALITY = { qualifier: "121139", codeSystem: "1.2.840.10008.2.16.4" };
const REGION = { qualifier: "39111-0", codeSystem: "2.16.840.1.113883.6.96" };
/** PS3.5 section 9.1. */
const UID = /^(?=.{1,64}$)[0-2](?:\.(?:0|[1-9]\d*))+$/;

export function readServiceEvent(node: Node, timeZone: string): ServiceEvent {
  const period = node.first("effectiveTime");
  const act = codedValue(node.first("code"));
  const performer = node.first("performer");
  return said({
    ...readStudy(node),
    act,
    modalities: act === undefined ? [] : translated(act, MODALITY, node),
    regions: act === undefined ? [] : translated(act, REGION, node),
    start: time(period?.first("low") ?? period, timeZone),
    stop: time(period?.first("high"), timeZone),
    performer: performer && readProfessional(performer, "assignedEntity", timeZone),
  });
}

/** An author (`assignedAuthor`), a legal authenticator or a performer (`assignedEntity`). */
export function readProfessional(
  participation: Node,
  role: "assignedAuthor" | "assignedEntity",
  timeZone: string,
): Professional {
  const entity = participation.first(role);
  const device = entity?.first("assignedAuthoringDevice");
  return said({
    id: identifierOf(entity?.all("id") ?? [], PROFESSIONAL_OID),
    name: personName(entity?.first("assignedPerson")),
    specialty: codedValue(entity?.first("code")),
    role: participation.first("functionCode")?.attribute("displayName"),
    time: time(participation.first("time"), timeZone),
    device:
      device &&
      said({
        softwareName: device.first("softwareName")?.text,
        modelName: device.first("manufacturerModelName")?.text,
      }),
    organization: organization(entity?.first("representedOrganization")),
  });
}

/** The Study Instance UID is `id/@root`; the profile has no extension there, and some reports do. */
function readStudy(event: Node): Pick<ServiceEvent, "studyInstanceUID" | "studyExtension"> {
  const nodes = event.all("id").filter((node) => instanceIdentifier(node) !== undefined);
  const [node, second] = nodes;
  const id = instanceIdentifier(node);
  if (node === undefined || id === undefined) return {};
  if (!UID.test(id.root)) node.remark("CDA_STUDY_UID");
  if (id.extension !== undefined) node.remark("CDA_STUDY_EXTENSION");
  second?.remark("CDA_SECOND_STUDY_ID");
  return said({ studyInstanceUID: id.root, studyExtension: id.extension });
}

function translated(act: CodedValue, kind: typeof MODALITY, event: Node): TranslatedValue[] {
  const qualified = act.translations.filter((translation) => translation.qualifier === kind.qualifier);
  if (qualified.length > 0) return qualified;
  const bySystem = act.translations.filter((t) => t.qualifier === undefined && t.codeSystem === kind.codeSystem);
  if (bySystem.length > 0) event.remark("CDA_QUALIFIER_ABSENT");
  return bySystem;
}
