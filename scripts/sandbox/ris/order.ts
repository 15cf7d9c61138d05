/** The studies of a report as the imaging order that came before it: OMI^O23 of HL7 2.5.1. */
import { parisTime } from "./cda.ts";
import { pid } from "./pid.ts";
import type { SandboxReport, SandboxStudy } from "./report.ts";
import { at, msh, text, type WriteOptions, writeMessage } from "./write.ts";

export interface OrderOptions extends WriteOptions {
  /** Default `create`. */
  readonly action?: "create" | "change" | "cancel";
}

const controls: Readonly<Record<NonNullable<OrderOptions["action"]>, string>> = {
  create: "NW",
  change: "XO",
  cancel: "CA",
};

/** The message without MLLP frame; one group of ORC, TQ1, OBR and IPC for each study. */
export function buildOrderMessage(
  order: Pick<SandboxReport, "patient" | "studies" | "visit" | "time">,
  options: OrderOptions,
): Buffer {
  const control = controls[options.action ?? "create"];
  const segments = [
    msh("OMI^O23^OMI_O23", "2.5.1", parisTime(order.time), "", options),
    pid(order.patient),
    at("PV1", { 1: "1", 2: order.visit.patientClass, 19: `${text(order.visit.number)}^^^IMAGERIE^VN` }),
    ...order.studies.flatMap((study, i) => group(study, control, String(i + 1))),
  ];
  return writeMessage(segments, options);
}

function group(study: SandboxStudy, control: string, number: string): string[][] {
  const placer = `${text(study.order.extension)}^RIS^${study.order.root}^ISO`;
  const act = `${study.act.code}^${text(study.act.display)}^LN`;
  return [
    at("ORC", { 1: control, 2: placer }),
    at("TQ1", { 1: "1", 7: parisTime(study.start) }),
    at("OBR", { 1: number, 2: placer, 4: act }),
    at("IPC", {
      1: `${text(study.accession.extension)}^^${study.accession.root}^ISO`,
      2: `${study.act.code}^^2.16.840.1.113883.6.1^ISO`,
      3: study.studyInstanceUID,
      4: `STEP-${number}`,
      5: study.modality.code,
    }),
  ];
}
