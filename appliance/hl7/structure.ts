/** The order of the segments (profile 1.2), and the segments of the one report that a message carries. */
import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { Message } from "./message.ts";
import type { ReportMessage } from "./model.ts";
import type { Segment } from "./segment.ts";

/**
 * MSH EVN PID PV1 ORC [TQ1 TQ2] OBR [NTE] TXA { OBX [PRT] [NTE] }; an ORU has no EVN and TXA. Segments of other names
 * (Z segments, PD1, SFT) may stand anywhere and are not read.
 */
const ranks: Readonly<Record<string, number>> = { MSH: 0, EVN: 1, PID: 2, PV1: 3, ORC: 4, OBR: 5, TXA: 6, OBX: 7 };
/** What a message has once at most: two patients or two reports in one message would mix. */
const single = ["MSH", "EVN", "PID", "PV1", "ORC", "OBR", "TXA"];

/** An OBX with the PRT that follow it. */
export interface Observation {
  readonly obx: Segment;
  readonly participations: readonly Segment[];
}

export interface ReportSegments {
  readonly pid: Segment;
  readonly pv1?: Segment;
  /** An ORU may do without, then OBX-11 alone says the action; so may an MDM of profile 2.0. */
  readonly orc?: Segment;
  /** Absent in MDM of profile 2.0 only. */
  readonly obr?: Segment;
  readonly txa?: Segment;
  readonly observations: readonly Observation[];
}

/** Errors: `HL7_SEGMENT_ORDER` (missing, misplaced), `HL7_REPEATED_SEGMENT`. */
export function readStructure(
  message: Message,
  head: Pick<ReportMessage, "family" | "profileVersion">,
): ReportSegments {
  const observations: { obx: Segment; participations: Segment[] }[] = [];
  let rank = 0;
  for (const segment of message.segments) {
    if (segment.name === "PRT") {
      const last = observations.at(-1);
      if (last === undefined) throw misplaced(segment.name, segment.where());
      last.participations.push(segment);
      continue;
    }
    const own = ranks[segment.name];
    if (own === undefined) continue;
    if (segment.occurrence > 1 && single.includes(segment.name))
      throw fault("HL7_REPEATED_SEGMENT", { where: segment.where(), details: { segment: segment.name } });
    if (own < rank) throw misplaced(segment.name, segment.where());
    rank = own;
    if (segment.name === "OBX") observations.push({ obx: segment, participations: [] });
  }
  if (observations.length === 0) throw misplaced("OBX", "OBX");

  const mdm = head.family === "MDM";
  const need = (name: string, needed: boolean): Segment | undefined => {
    const segment = message.segment(name);
    if (segment === undefined && needed) throw misplaced(name, name);
    return segment;
  };
  const pid = message.segment("PID");
  if (pid === undefined) throw misplaced("PID", "PID");
  // Version 2.0 of the profile had no order segments in MDM.
  const ordered = !(mdm && head.profileVersion === "2.0");
  return said({
    pid,
    pv1: need("PV1", mdm),
    orc: need("ORC", ordered && mdm),
    obr: need("OBR", ordered),
    txa: need("TXA", mdm),
    observations,
  });
}

/** `segment` is missing or out of place. */
export function misplaced(segment: string, where: string) {
  return fault("HL7_SEGMENT_ORDER", { where, details: { segment } });
}
