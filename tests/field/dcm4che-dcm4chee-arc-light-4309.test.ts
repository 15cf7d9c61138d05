import { expect, it } from "vitest";
import { readRejectionNote } from "../../appliance/kos/index.ts";
import { buildRejectionNote, TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { CLASSES, STUDY } from "../kos/fixtures.ts";

// "Restore" was sent as a rejection, Data Retention Policy Expired, of what had been rejected for patient safety: a note is
// not told apart by what it was meant for. Each keeps its own code; whether the images are back, the archive is asked.
it.each([
  ["quality", "113001"],
  ["patient-safety", "113037"],
  ["wrong-worklist", "113038"],
  ["retention-expired", "113039"],
  ["restored", "REVOKE_REJECTION"],
] as const)("dcm4che/dcm4chee-arc-light#4309: %s is known by %s alone, and the code is kept", (reason, value) => {
  const instances = [{ sopClassUID: CLASSES.CT, sopInstanceUID: `${STUDY}.1.1` }];
  const evidence = [{ seriesInstanceUID: `${STUDY}.1`, instances }];
  const title = [value, TITLES[reason][1], "Restored by the user interface"] as const;
  const { bytes } = buildRejectionNote({ title, studyInstanceUID: STUDY, evidence });
  expect(readRejectionNote(bytes)).toMatchObject({ reason, title: { value } });
});
