/** Who asks for images: a professional, by the token he sends or by his login at Pro Santé Connect. */
export { answerTo, type HttpAnswer, type IdentityCode, identityErrors } from "./errors.ts";
export { createTokenGate } from "./gate.ts";
export { createLogin } from "./login.ts";
export type {
  Activity,
  CheckOptions,
  ClientAuthentication,
  Clocks,
  Exercise,
  LoggedIn,
  Login,
  LoginAttempt,
  LoginOptions,
  Professional,
  ProfessionRule,
  TokenGate,
  TokenGateOptions,
} from "./model.ts";
export { PHYSICIANS } from "./professions.ts";
