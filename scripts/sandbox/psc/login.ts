/** The pages of the stand-in on which a professional says who he is; no password, for nobody is real. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Provider } from "oidc-provider";
import { people } from "./people.ts";

/** The level at which everybody logs in here. */
export const LEVEL = "eidas1";

const names = Object.keys(people);

/** Shows the professionals to choose from, and takes the choice. */
export async function serveLogin(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  if (request.method !== "POST") {
    const buttons = names.map((name) => `<p><button name="person" value="${name}">${name}</button></p>`);
    const page = `<!doctype html><title>Sandbox</title><form method="post">${buttons.join("")}<p><button name="cancel" value="1">Annuler</button></p></form>`;
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
    return;
  }
  const person = new URLSearchParams(await text(request)).get("person");
  const result =
    person !== null && names.includes(person)
      ? { login: { accountId: person, acr: LEVEL } }
      : { error: "access_denied", error_description: "cancelled" };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

/** What a lenient server lets through: a login that could be forged, replayed, or of another level. */
export function isSloppyLogin(query: URLSearchParams): boolean {
  const long = (name: string) => (query.get(name)?.length ?? 0) >= 32;
  return !(
    ["state", "nonce", "code_challenge"].every(long) &&
    query.get("code_challenge_method") === "S256" &&
    query.get("acr_values") === LEVEL &&
    query.get("scope") === "openid scope_all" &&
    query.get("response_type") === "code" &&
    query.has("redirect_uri")
  );
}
