export { addressCheck } from "./address.ts";
export { type Board, type BoardEntry, createBoard } from "./board.ts";
export { certificatesCheck, type WatchedCertificate } from "./certificates.ts";
export type { Check, CheckState, Finding } from "./check.ts";
export { BUILD_DATE, clockCheck } from "./clock.ts";
export { diskCheck } from "./disk.ts";
export { answers } from "./from-error.ts";
export { queueCheck } from "./queue.ts";
