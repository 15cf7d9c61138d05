/** An imaging order, OMI^O23 (HL7 v2.5.1 chapter 4.4.6): which study, accession number and order belong together. */
import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import { isUid, readEntity, requiredValue } from "./fields.ts";
import { type HeadOptions, readHead } from "./head.ts";
import type { Message } from "./message.ts";
import type { EntityIdentifier, OrderAction, OrderedStudy, OrderMessage, Remark } from "./model.ts";
import { readPatient } from "./participants.ts";
import type { Segment } from "./segment.ts";
import { misplaced } from "./structure.ts";

/** The teleradiology guide has 2.5.1; OMI is the same in its neighbours. */
const VERSION = "2.5.1";
const toleratedVersions = [VERSION, "2.5", "2.6"];

/**
 * ORC-1, table 0119, of who orders and who performs. `DC` stops an exam on its way, of which images may remain: that is
 * a change, not a cancel. Every other code is about the dialogue between two order systems.
 */
const actions: Readonly<Record<string, OrderAction>> = {
  NW: "create",
  XO: "change",
  XX: "change",
  SC: "change",
  DC: "change",
  CA: "cancel",
  OC: "cancel",
};

interface OrderGroup {
  readonly orc: Segment;
  obr?: Segment;
  readonly procedures: Segment[];
}

/**
 * Reads an OMI^O23. MSH-21 is not looked at: guides differ, and the segments mean the same in all.
 *
 * Errors: those of MSH and PID, `HL7_VERSION`, `HL7_SEGMENT_ORDER`, `HL7_REPEATED_SEGMENT`, `HL7_FIELD_VALUE` (an order
 * control that means nothing here), `HL7_ORDER_MISMATCH`, `HL7_ORDER_WITHOUT_STUDY`, `HL7_FIELD_TYPE` (IPC-3).
 */
export function readOrder(message: Message, options: HeadOptions = {}): OrderMessage {
  const remarks: Remark[] = [...message.remarks];
  const { msh } = message;
  if (requiredValue(msh, 9) !== "OMI") throw fault("HL7_MESSAGE_TYPE", { where: "MSH-9.1" });
  if (requiredValue(msh, 9, 2) !== "O23") throw fault("HL7_MESSAGE_EVENT", { where: "MSH-9.2" });
  const head = readHead(message, options, remarks);
  if (!toleratedVersions.includes(head.version)) throw fault("HL7_VERSION", { where: "MSH-12" });
  if (head.version !== VERSION) remarks.push({ code: "HL7_VERSION_OF_ANOTHER_FAMILY", where: "MSH-12" });

  const { pid, groups } = readGroups(message);
  return {
    ...head,
    action: readAction(groups),
    patient: readPatient(pid, remarks),
    orders: groups.flatMap(readStudies),
    remarks,
  };
}

/** PID { ORC [TQ1] OBR [NTE] [OBX] { IPC } }; segments of other names are not read. */
function readGroups(message: Message): { pid: Segment; groups: readonly OrderGroup[] } {
  let pid: Segment | undefined;
  const groups: OrderGroup[] = [];
  for (const segment of message.segments) {
    const group = groups.at(-1);
    switch (segment.name) {
      case "MSH":
      case "PID":
        if (segment.occurrence > 1)
          throw fault("HL7_REPEATED_SEGMENT", { where: segment.where(), details: { segment: segment.name } });
        if (group !== undefined) throw misplaced(segment.name, segment.where());
        if (segment.name === "PID") pid = segment;
        break;
      case "ORC":
        groups.push({ orc: segment, procedures: [] });
        break;
      case "OBR":
        if (group === undefined || group.obr !== undefined) throw misplaced("OBR", segment.where());
        group.obr = segment;
        break;
      case "IPC":
        if (group?.obr === undefined) throw misplaced("IPC", segment.where());
        group.procedures.push(segment);
        break;
    }
  }
  if (pid === undefined) throw misplaced("PID", "PID");
  if (groups.length === 0) throw misplaced("ORC", "ORC");
  return { pid, groups };
}

/** Orders of one message may be many; what they ask for is one thing. */
function readAction(groups: readonly OrderGroup[]): OrderAction {
  const asked = groups.map(({ orc }) => {
    const control = requiredValue(orc, 1);
    const action = Object.hasOwn(actions, control) ? actions[control] : undefined;
    if (action === undefined) throw fault("HL7_FIELD_VALUE", { where: orc.where(1) });
    return action;
  });
  const other = asked.findIndex((action) => action !== asked[0]);
  if (other >= 0) throw fault("HL7_ORDER_MISMATCH", { where: groups[other]?.orc.where(1) ?? "ORC-1" });
  return asked[0] as OrderAction;
}

function readStudies(group: OrderGroup): OrderedStudy[] {
  const { orc, obr, procedures } = group;
  if (obr === undefined) throw misplaced("OBR", orc.where());
  if (procedures.length === 0) throw fault("HL7_ORDER_WITHOUT_STUDY", { where: orc.where() });
  const placer = orderNumber(orc, obr, 2);
  const filler = orderNumber(orc, obr, 3);
  return procedures.map((ipc) =>
    said({
      placer,
      filler,
      accession: readEntity(ipc, 1),
      studyInstanceUID: studyUid(ipc),
      requestedProcedure: readEntity(ipc, 2),
      stepId: ipc.value(4) || undefined,
      modality: ipc.value(5) || undefined,
    }),
  );
}

/** The same number in ORC and OBR, where both say it (chapter 4.5.3.2). */
function orderNumber(orc: Segment, obr: Segment, field: 2 | 3): EntityIdentifier | undefined {
  const [ordered, requested] = [readEntity(orc, field), readEntity(obr, field)];
  if (ordered !== undefined && requested !== undefined && ordered.value !== requested.value)
    throw fault("HL7_ORDER_MISMATCH", { where: obr.where(field) });
  return ordered ?? requested;
}

function studyUid(ipc: Segment): string {
  const uid = ipc.value(3);
  if (uid === "") throw fault("HL7_ORDER_WITHOUT_STUDY", { where: ipc.where(3) });
  if (!isUid(uid)) throw fault("HL7_FIELD_TYPE", { where: ipc.where(3) });
  return uid;
}
