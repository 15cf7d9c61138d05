import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CodedError, type Logger, subscriberOf } from "../base/index.ts";
import type { LoggedIn, Login } from "../identity/index.ts";
import { COOKIES, secretOf, setCookie } from "./cookies.ts";
import { forVisitor, statusOf, viewerErrors } from "./errors.ts";
import { languageOf } from "./language.ts";
import { parseLink, queryOf } from "./link.ts";
import type { Exams, Link, Viewer } from "./model.ts";
import { choicePage, errorPage, loggedOutPage, PATHS, type Page, pageOf } from "./pages.ts";
import { Places } from "./places.ts";
import { Rate } from "./rate.ts";
import type { Recorder } from "./recorder.ts";
import { LONGEST_LOGIN_MS, newSecret, type Sessions } from "./sessions.ts";
import type { Opened } from "./traces.ts";

export interface RouteOptions {
  /** Name of the site, on every page. */
  readonly site: string;
  /** Origin under which browsers reach these pages. */
  readonly publicAddress: string;
  readonly exams: Exams;
  readonly viewer: Viewer;
  readonly login: Login;
  readonly sessions: Sessions;
  /** Where patients are sent; `parameters`: with those of the link. */
  readonly portal?: { readonly address: string; readonly parameters: boolean } | undefined;
  readonly recorder: Recorder;
  readonly log: Logger;
}

/** What is known of an opening while it is under way. */
type Told = { -readonly [Key in keyof Pick<Opened, "reader" | "link" | "exam" | "fault">]: Opened[Key] };

/** Links being compared with the archive at a time, of strangers: each may read all the messages of an exam. */
const SEARCHES = { all: 8, ofOne: 2 };
/** Exams being looked for at a time, of a professional: each is an association with a PACS. */
const OPENINGS = { all: 8, ofOne: 2 };
/** Codes being exchanged at Pro Santé Connect, which counts what comes from this box: images are asked for under the same name. */
const EXCHANGES = { all: 4, ofOne: 2 };
/** Codes of a subscriber in a minute that are none: a browser has no such thing, but for a login that went wrong. */
const WRONG_CODES_PER_MINUTE = 5;
/**
 * A link that does not match is answered at a whole number of these after it came: what the comparison took, which depends on
 * what the site holds, does not show. An archive in good health answers within the first.
 */
const ANSWERS_EVERY_MS = 50;
/** What a timer may be wrong by. */
const TIMERS_MS = 2;
/** What somebody who waits for a page bears, of a PACS that hangs. */
const LONGEST_OPENING_MS = 20_000;
/** Seconds that a browser is told to wait when nothing better is known. */
const RETRY_AFTER = 30;

/** The way of a link: is it one of ours, who opens it, the portal or the login, the viewer. */
export function viewerRoutes(server: FastifyInstance, options: RouteOptions): void {
  const { exams, viewer, login, sessions, portal, recorder, log } = options;
  const searches = new Places(SEARCHES);
  const openings = new Places(OPENINGS);
  const exchanges = new Places(EXCHANGES);
  const wrongCodes = new Rate(WRONG_CODES_PER_MINUTE);
  const cameAt = new WeakMap<FastifyRequest, number>();
  server.addHook("onRequest", async (request) => void cameAt.set(request, performance.now()));

  /** By the archive: a stranger's link never moves the PACS. */
  const search = (link: Link, { ip }: FastifyRequest) => searches.within(subscriberOf(ip), () => exams.find(link));

  function examOf(link: Link, { subjectNameID }: LoggedIn, reply: FastifyReply) {
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(LONGEST_OPENING_MS)]);
    return openings.within(subjectNameID, () => exams.open(link, signal));
  }

  /** Does `work` for the link of a request, which gives what is to be sent; whatever comes of it leaves its traces before. */
  async function opening(
    request: FastifyRequest,
    work: (link: Link, told: Told) => Promise<() => FastifyReply>,
    as?: "patient",
  ): Promise<FastifyReply> {
    const began = performance.now();
    const { address, professional } = visitorOf(request);
    const told: Told = { reader: as ?? (professional === undefined ? "unknown" : "professional") };
    const record = () => {
      const milliseconds = performance.now() - began;
      return recorder.opened({ ...told, address, professional: professional?.subjectNameID, milliseconds });
    };
    let answer: () => FastifyReply;
    try {
      told.link = parseLink(rawQuery(request));
      answer = await work(told.link, told);
    } catch (error) {
      told.fault = error instanceof CodedError ? error : forVisitor(error);
      await record();
      throw error;
    }
    await record();
    return answer();
  }

  server.get(PATHS.link, (request, reply) =>
    opening(request, async (link, told) => {
      const { professional, language } = visitorOf(request);
      if (professional === undefined) {
        told.exam = await search(link, request);
        return () => send(request, reply, choicePage(link, language, { portal: portal !== undefined }));
      }
      const exam = await examOf(link, professional, reply);
      told.exam = exam;
      const shown = await viewer.show({ link, exam, professional, language });
      return () => ("location" in shown ? reply.redirect(shown.location, 303) : send(request, reply, shown));
    }),
  );

  server.get(PATHS.patient, (request, reply) =>
    opening(
      request,
      async (link, told) => {
        told.exam = await search(link, request);
        if (portal === undefined) throw viewerErrors.fault("VIEWER_NO_PORTAL");
        const target = new URL(portal.address);
        const parameters = portal.parameters ? new URLSearchParams(queryOf(link)) : [];
        for (const [name, value] of parameters) target.searchParams.set(name, value);
        return () => reply.redirect(target.href, 303);
      },
      "patient",
    ),
  );

  // What the link is worth is seen after the login: nobody learns it here.
  server.get(PATHS.professional, async (request, reply) => {
    const link = parseLink(rawQuery(request));
    const browser = secretOf(request.headers.cookie, COOKIES.login) || newSecret();
    const { address, ...attempt } = await login.begin();
    sessions.begin(attempt, browser, link, request.ip);
    reply.header("set-cookie", setCookie(COOKIES.login, browser, LONGEST_LOGIN_MS / 1000));
    return reply.redirect(address, 303);
  });

  server.get(PATHS.login, async (request, reply) => {
    const seconds = wrongCodes.wait(request.ip);
    if (seconds > 0) throw viewerErrors.fault("VIEWER_TOO_MANY_REQUESTS", { details: { seconds } });
    return exchanges.within(subscriberOf(request.ip), () => comeBack(request, reply));
  });

  async function comeBack(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = new URLSearchParams(rawQuery(request));
    const begun = sessions.comeBack(answer.get("state") ?? "", secretOf(request.headers.cookie, COOKIES.login));
    if (begun === undefined) throw viewerErrors.fault("VIEWER_LOGIN_LOST");
    const { address } = visitorOf(request);
    try {
      const professional = await login.complete(answer, begun.attempt);
      await recorder.authenticated("professional-login", { address, professional: professional.subjectNameID });
      sessions.end(secretOf(request.headers.cookie, COOKIES.session));
      reply.header("set-cookie", setCookie(COOKIES.session, sessions.open(professional)));
      return reply.redirect(`${PATHS.link}?${queryOf(begun.link)}`, 303);
    } catch (error) {
      const fault = error instanceof CodedError ? error : forVisitor(error);
      if (fault.code === "IDENTITY_LOGIN_UNVERIFIED") wrongCodes.count(address);
      await recorder.authenticated("professional-login", { address, professional: fault.values.subjectNameID, fault });
      return refuse(request, reply, fault, begun.link);
    }
  }

  server.post(PATHS.logout, async (request, reply) => {
    if (isForeign(request.headers)) throw viewerErrors.fault("VIEWER_PAGE_UNKNOWN");
    const { address } = visitorOf(request);
    const ended = sessions.end(secretOf(request.headers.cookie, COOKIES.session));
    reply.header("set-cookie", setCookie(COOKIES.session, "", 0));
    if (ended === undefined) return reply.redirect(PATHS.loggedOut, 303);
    await recorder.authenticated("professional-logout", { address, professional: ended.subjectNameID });
    return reply.redirect(login.logoutAddress(ended.idToken) ?? PATHS.loggedOut, 303);
  });

  server.get(PATHS.loggedOut, async (request, reply) => send(request, reply, loggedOutPage(languageFor(request))));

  server.setNotFoundHandler((request, reply) => refuse(request, reply, viewerErrors.fault("VIEWER_PAGE_UNKNOWN")));
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    // What the server itself did not accept: a body, an address.
    const strange = !(error instanceof CodedError) && (error.statusCode ?? 500) < 500;
    return refuse(request, reply, strange ? viewerErrors.fault("VIEWER_PAGE_UNKNOWN") : error);
  });

  async function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    error: unknown,
    back?: Link,
  ): Promise<FastifyReply> {
    const told = forVisitor(error);
    if (told.code === "SOURCE_LINK_INCOHERENT") await untilNextAnswer(cameAt.get(request) ?? performance.now());
    if (told.code === "VIEWER_INTERNAL") log.error({ error }, "a page of the viewer failed");
    const status = statusOf(told);
    if (status === 429 || status === 503) reply.header("retry-after", String(told.details.seconds ?? RETRY_AFTER));
    return send(request, reply.code(status), errorPage(told, languageFor(request), back));
  }

  function send(request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply {
    return reply.type("text/html; charset=utf-8").send(pageOf(page, languageFor(request), options.site));
  }

  /** Did another site post this? Our own pages name no referrer, and browsers say "null" for the origin of their forms then. */
  function isForeign({ origin = "null", "sec-fetch-site": site = "none" }: FastifyRequest["headers"]): boolean {
    return !["null", options.publicAddress].includes(origin) || !["none", "same-origin"].includes(String(site));
  }

  function visitorOf(request: FastifyRequest) {
    const professional = sessions.find(secretOf(request.headers.cookie, COOKIES.session));
    return { address: request.ip, language: languageFor(request), professional };
  }
}

function languageFor({ headers }: FastifyRequest) {
  return languageOf(headers["accept-language"]);
}

/** A timer counts whole milliseconds from when it is set, and so tells when that was: the last ones pass turn by turn. */
async function untilNextAnswer(cameAt: number): Promise<void> {
  const steps = Math.floor((performance.now() - cameAt) / ANSWERS_EVERY_MS) + 1;
  const at = cameAt + steps * ANSWERS_EVERY_MS;
  const left = at - performance.now();
  if (left > TIMERS_MS) await sleep(left - TIMERS_MS);
  while (performance.now() < at) await turn();
}

/** The query as it was sent: a parser that makes lists and objects of it would hide what is doubled. */
function rawQuery({ raw: { url = "" } }: FastifyRequest): string {
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}
