/** The SOP classes of the services that this room speaks (PS3.4). */

export const Verification = "1.2.840.10008.1.1";

/** Query/Retrieve (PS3.4 C.6), by information model. */
export const PatientRoot = {
  find: "1.2.840.10008.5.1.4.1.2.1.1",
  move: "1.2.840.10008.5.1.4.1.2.1.2",
  get: "1.2.840.10008.5.1.4.1.2.1.3",
} as const;
export const StudyRoot = {
  find: "1.2.840.10008.5.1.4.1.2.2.1",
  move: "1.2.840.10008.5.1.4.1.2.2.2",
  get: "1.2.840.10008.5.1.4.1.2.2.3",
} as const;
