import { encodeDataSet, Tags } from "../../../appliance/dicom/index.ts";
import { type Destination, requestAssociation } from "../../../appliance/dimse/index.ts";
import { buildRejectionNote, type Title, type WrittenNote } from "../rejection-note.ts";
import type { SyntheticInstance } from "../studies.ts";

/** The rejection note on these instances of one study. */
export function noteOn(studyInstanceUID: string, instances: readonly SyntheticInstance[], title: Title): WrittenNote {
  const series = Map.groupBy(instances, ({ dataSet }) => dataSet.string(Tags.SeriesInstanceUID) ?? "");
  const patientID = instances[0]?.dataSet.string(Tags.PatientID);
  return buildRejectionNote({
    title,
    studyInstanceUID,
    ...(patientID !== undefined && { patientID }),
    evidence: [...series].map(([seriesInstanceUID, ofSeries]) => ({ seriesInstanceUID, instances: ofSeries })),
  });
}

/** Sends the note (IHE RAD-66) and returns the status of the answer. */
export async function sendNote(note: WrittenNote, to: Destination, callingAETitle: string): Promise<number> {
  const { sopClassUID, sopInstanceUID, transferSyntax, dataSet } = note;
  await using association = await requestAssociation({
    host: to.host,
    port: to.port,
    calledAETitle: to.aeTitle,
    callingAETitle,
    presentationContexts: [{ abstractSyntax: sopClassUID, transferSyntaxes: [transferSyntax] }],
    ...(to.tls !== undefined && { tls: to.tls }),
  });
  const data = encodeDataSet(dataSet, transferSyntax);
  return (await association.store({ sopClassUID, sopInstanceUID, transferSyntax, data })).status;
}
