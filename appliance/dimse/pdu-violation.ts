/** Bytes that are no legal PDU: the event 19 of the state table. Stays inside this room. */
export class InvalidPdu extends Error {
  /** Reason of the A-ABORT that answers it (PS3.8 Table 9-26). */
  readonly reason: number;

  constructor(reason: number, problem: string) {
    super(problem);
    this.reason = reason;
  }
}
