/** Who asks for images: the token of a professional, judged by Pro Santé Connect. */
export { answerTo, type HttpAnswer, type IdentityCode, identityErrors } from "./errors.ts";
export { createTokenGate } from "./gate.ts";
export type {
  Activity,
  CheckOptions,
  ClientAuthentication,
  Clocks,
  Exercise,
  Professional,
  ProfessionRule,
  TokenGate,
  TokenGateOptions,
} from "./model.ts";
export { PHYSICIANS } from "./professions.ts";
