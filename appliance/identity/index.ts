/** Who asks for images: a professional, by the token he sends or by his login at Pro Santé Connect. */
export { answerTo, type HttpAnswer, type IdentityCode, identityErrors } from "./errors.ts";
export { createTokenGate } from "./gate.ts";
export { createLogin } from "./login.ts";
export {
  type Activity,
  type CheckOptions,
  type ClientAuthentication,
  type Clocks,
  type Exercise,
  LONGEST_SESSION_SECONDS,
  type LoggedIn,
  type Login,
  type LoginAttempt,
  type LoginOptions,
  type Professional,
  type ProfessionRule,
  type TokenGate,
  type TokenGateOptions,
} from "./model.ts";
export { PHYSICIANS } from "./professions.ts";
