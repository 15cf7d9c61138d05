import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CodedError, type Logger } from "../base/index.ts";
import type { Login } from "../identity/index.ts";
import { COOKIES, secretOf, setCookie } from "./cookies.ts";
import { forVisitor, statusOf, viewerErrors } from "./errors.ts";
import { languageOf } from "./language.ts";
import { parseLink, queryOf } from "./link.ts";
import type { Exams, Link, LinkedExam, Viewer } from "./model.ts";
import { choicePage, errorPage, loggedOutPage, PATHS, type Page, pageOf } from "./pages.ts";
import type { Recorder } from "./recorder.ts";
import { LONGEST_LOGIN_MS, newSecret, type Sessions } from "./sessions.ts";
import type { Opened } from "./traces.ts";

export interface RouteOptions {
  /** Name of the site, on every page. */
  readonly site: string;
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

/** Exams being looked for at a time: each is an association with a PACS. */
const MOST_OPENINGS = 8;
/** What somebody who waits for a page bears, of a PACS that hangs. */
const LONGEST_OPENING_MS = 20_000;
/** Seconds that a browser is told to wait when nothing better is known. */
const RETRY_AFTER = 30;

/** The way of a link: is it one of ours, who opens it, the portal or the login, the viewer. */
export function viewerRoutes(server: FastifyInstance, options: RouteOptions): void {
  const { exams, viewer, login, sessions, portal, recorder, log } = options;
  let openings = 0;

  async function examOf(link: Link, reply: FastifyReply): Promise<LinkedExam> {
    if (openings >= MOST_OPENINGS) throw viewerErrors.fault("VIEWER_BUSY");
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    openings += 1;
    try {
      return await exams.open(link, AbortSignal.any([gone.signal, AbortSignal.timeout(LONGEST_OPENING_MS)]));
    } finally {
      openings -= 1;
    }
  }

  /** Does `work` for the link of a request; whatever comes of it leaves its traces. */
  async function opening(
    request: FastifyRequest,
    work: (link: Link, told: Told) => Promise<FastifyReply>,
    as?: "patient",
  ): Promise<FastifyReply> {
    const began = performance.now();
    const { address, professional } = visitorOf(request);
    const told: Told = { reader: as ?? (professional === undefined ? "unknown" : "professional") };
    try {
      told.link = parseLink(rawQuery(request));
      return await work(told.link, told);
    } catch (error) {
      told.fault = error instanceof CodedError ? error : forVisitor(error);
      throw error;
    } finally {
      const milliseconds = performance.now() - began;
      await recorder.opened({ ...told, address, professional: professional?.subjectNameID, milliseconds });
    }
  }

  server.get(PATHS.link, (request, reply) =>
    opening(request, async (link, told) => {
      const exam = await examOf(link, reply);
      told.exam = exam;
      const { professional, language } = visitorOf(request);
      if (professional === undefined) {
        return send(request, reply, choicePage(link, language, { portal: portal !== undefined }));
      }
      const shown = await viewer.show({ link, exam, professional, language });
      return "location" in shown ? reply.redirect(shown.location, 303) : send(request, reply, shown);
    }),
  );

  server.get(PATHS.patient, (request, reply) =>
    opening(
      request,
      async (link, told) => {
        told.exam = await exams.find(link);
        if (portal === undefined) throw viewerErrors.fault("VIEWER_NO_PORTAL");
        const target = new URL(portal.address);
        const parameters = portal.parameters ? new URLSearchParams(queryOf(link)) : [];
        for (const [name, value] of parameters) target.searchParams.set(name, value);
        return reply.redirect(target.href, 303);
      },
      "patient",
    ),
  );

  // What the link is worth is seen after the login: nobody learns it here.
  server.get(PATHS.professional, async (request, reply) => {
    const link = parseLink(rawQuery(request));
    const browser = secretOf(request.headers.cookie, COOKIES.login) || newSecret();
    const { address, ...attempt } = await login.begin();
    sessions.begin(attempt, browser, link);
    reply.header("set-cookie", setCookie(COOKIES.login, browser, LONGEST_LOGIN_MS / 1000));
    return reply.redirect(address, 303);
  });

  server.get(PATHS.login, async (request, reply) => {
    const answer = new URLSearchParams(rawQuery(request));
    const begun = sessions.comeBack(answer.get("state") ?? "", secretOf(request.headers.cookie, COOKIES.login));
    if (begun === undefined) throw viewerErrors.fault("VIEWER_LOGIN_LOST");
    const { address } = visitorOf(request);
    try {
      const professional = await login.complete(answer, begun.attempt);
      sessions.end(secretOf(request.headers.cookie, COOKIES.session));
      reply.header("set-cookie", setCookie(COOKIES.session, sessions.open(professional)));
      await recorder.authenticated("professional-login", { address, professional: professional.subjectNameID });
      return reply.redirect(`${PATHS.link}?${queryOf(begun.link)}`, 303);
    } catch (error) {
      const fault = error instanceof CodedError ? error : forVisitor(error);
      await recorder.authenticated("professional-login", { address, professional: fault.values.subjectNameID, fault });
      return refuse(request, reply, fault, begun.link);
    }
  });

  server.post(PATHS.logout, async (request, reply) => {
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

  function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown, back?: Link): FastifyReply {
    const told = forVisitor(error);
    if (told.code === "VIEWER_INTERNAL") log.error({ error }, "a page of the viewer failed");
    const status = statusOf(told);
    if (status === 429 || status === 503) reply.header("retry-after", String(told.details.seconds ?? RETRY_AFTER));
    return send(request, reply.code(status), errorPage(told, languageFor(request), back));
  }

  function send(request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply {
    return reply.type("text/html; charset=utf-8").send(pageOf(page, languageFor(request), options.site));
  }

  function visitorOf(request: FastifyRequest) {
    const professional = sessions.find(secretOf(request.headers.cookie, COOKIES.session));
    return { address: request.ip, language: languageFor(request), professional };
  }
}

function languageFor({ headers }: FastifyRequest) {
  return languageOf(headers["accept-language"]);
}

/** The query as it was sent: a parser that makes lists and objects of it would hide what is doubled. */
function rawQuery({ raw: { url = "" } }: FastifyRequest): string {
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}
