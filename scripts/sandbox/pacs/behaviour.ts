import { setTimeout as delay } from "node:timers/promises";
import { type DataSet, encodeDataSet, readDataSet, Tags, transferSyntaxOf } from "../../../appliance/dicom/index.ts";
import type { OutgoingInstance } from "../../../appliance/dimse/index.ts";
import type { SyntheticInstance } from "../studies.ts";

/** How the PACS of the sandbox retrieves, where it is not as it should be: what is met in the field. */
export interface Behaviour {
  /** The status of every retrieve, such as A702H. */
  readonly refuse?: number;
  /** In the middle of the instance behind so many: it says nothing more, or ends the association. */
  readonly fault?: { readonly kind: "stall" | "abort"; readonly after: number };
  /** Sends these instead of what is asked. */
  readonly others?: readonly SyntheticInstance[];
  /** The only transfer syntax that it sends in, without compression. */
  readonly sendsIn?: string;
  /** Transfer syntaxes that it converts to when asked; compressed pixels are so by name only, for nobody decodes them here. */
  readonly convertsTo?: readonly string[];
  /** False: it does not say for which C-MOVE it sends. */
  readonly namesMoves?: boolean;
  /** Moves go over so many associations that all of them share, instance by instance in turn. */
  readonly shares?: number;
  /** With `shares`: it says that a move is done when all is in its queue. */
  readonly early?: boolean;
  /** Before each instance, in milliseconds. */
  readonly pause?: number;
}

/** What is sent of these instances, as it behaves. */
export function outgoing(instances: readonly SyntheticInstance[], behaviour: Behaviour): OutgoingInstance[] {
  const { others = instances, sendsIn, convertsTo = [] } = behaviour;
  return others.map((instance, index) => ({
    sopClassUID: instance.sopClassUID,
    sopInstanceUID: instance.sopInstanceUID,
    transferSyntax: sendsIn ?? instance.transferSyntax,
    alsoIn: convertsTo,
    open(transferSyntax) {
      const bytes = encodeDataSet(converted(instance, transferSyntax), transferSyntax);
      const broken = behaviour.fault?.after === index;
      return broken || behaviour.pause !== undefined ? slowly(bytes, behaviour, broken) : bytes;
    },
  }));
}

/** The data set as it is in a transfer syntax: where pixels are to be compressed, what they were is one fragment (PS3.5 A.4). */
export function converted({ dataSet, transferSyntax }: SyntheticInstance, wanted: string): DataSet {
  const pixels = dataSet.bytes(Tags.PixelData);
  if (transferSyntaxOf(wanted)?.encapsulated !== true || pixels === undefined) return dataSet;
  const copy = readDataSet(encodeDataSet(dataSet, transferSyntax), { transferSyntax });
  return copy.set(Tags.PixelData, "OB", [new Uint8Array(), pixels]);
}

async function* slowly(bytes: Uint8Array, { pause, fault }: Behaviour, broken: boolean): AsyncGenerator<Uint8Array> {
  if (pause !== undefined) await delay(pause);
  if (!broken) return yield bytes;
  // Two pieces, as the last one known is held back until what follows is known.
  const half = Math.floor(bytes.length / 2);
  yield bytes.subarray(0, half);
  yield bytes.subarray(half, half + 2);
  if (fault?.kind === "stall") await new Promise<never>(() => {});
  // What was sent is read before the end.
  await delay(20);
  throw new Error("as told");
}
