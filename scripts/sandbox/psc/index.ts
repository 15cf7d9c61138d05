/** A stand-in of Pro Santé Connect, stricter than the real one, with made-up professionals and faults on demand. */
export type { Endpoint, Fault } from "./faults.ts";
export { type PersonName, people } from "./people.ts";
export type { Client } from "./provider.ts";
export {
  type IssueOptions,
  NEIGHBOUR_CLIENT,
  OTHER_CLIENT,
  type Psc,
  type PscOptions,
  SECRET_CLIENT,
  SITE_CLIENT,
  startPsc,
  VIEWER_ADDRESS,
} from "./server.ts";
