import { type CodedError, fill, type Sentence } from "../base/index.ts";
import type { LoggedIn } from "../identity/index.ts";
import { Html, html } from "./html.ts";
import { queryOf } from "./link.ts";
import type { Language, Link } from "./model.ts";
import { STYLE } from "./style.ts";

/** Where things are on this listener. */
export const PATHS = {
  /** RAD-106. */
  link: "/IHEInvokeImageDisplay",
  patient: "/patient",
  professional: "/professional",
  /** Where Pro Santé Connect sends the browser back. */
  login: "/login",
  logout: "/logout",
  loggedOut: "/logged-out",
} as const;

export interface Page {
  readonly title: string;
  readonly body: Html;
}

/** A whole page. Nothing in it runs, and nothing is fetched for it. */
export function pageOf({ title, body }: Page, language: Language, site: string): string {
  const { text } = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} - ${site}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>${site}</header>
<main>
<h1><bdi>${title}</bdi></h1>
${body}
</main>
<footer><p>${words.footer[language]}</p></footer>
</body>
</html>
`;
  return text;
}

/** Who opens the link (VI_SO.08)? It says nothing of the exam: whoever is asked has not said who he is. */
export function choicePage(link: Link, language: Language, { portal }: { readonly portal: boolean }): Page {
  const query = queryOf(link);
  const patient = portal
    ? html`<li><a class="choice" href="${PATHS.patient}?${query}"><strong>${words.patient[language]}</strong>
<span>${words.toPortal[language]}</span></a></li>`
    : undefined;
  return {
    title: words.choice[language],
    body: html`<p>${words.who[language]}</p>
<ul class="choices">
${patient}
<li><a class="choice" href="${PATHS.professional}?${query}"><strong>${words.professional[language]}</strong>
<span>${words.toLogin[language]}</span></a></li>
</ul>
${portal ? undefined : html`<p class="note">${words.noPortal[language]}</p>`}`,
  };
}

/** What went wrong, and what to do; a way back where there is one. */
export function errorPage(error: CodedError, language: Language, back?: Link): Page {
  const remedy = fill(error.definition.remedy[language], error.details);
  return {
    title: words.failed[language],
    body: html`<p>${error.text(language)}</p>
<p class="note">${remedy}</p>
${back && html`<p><a href="${PATHS.link}?${queryOf(back)}">${words.back[language]}</a></p>`}
<p class="code">${words.code[language]} ${error.code}</p>`,
  };
}

export function loggedOutPage(language: Language): Page {
  return { title: words.loggedOut[language], body: html`<p>${words.closeBrowser[language]}</p>` };
}

/** Above what a viewer shows: who is logged in, and the way out. */
export function signedIn({ name, subjectNameID }: LoggedIn, language: Language): Html {
  const who = name === undefined ? html`${subjectNameID}` : html`<bdi>${name}</bdi> (${subjectNameID})`;
  return html`<div class="who"><p>${words.loggedInAs[language]} <strong>${who}</strong></p>
<form method="post" action="${PATHS.logout}"><button type="submit">${words.logout[language]}</button></form></div>`;
}

const words = {
  footer: {
    fr: "Accès aux images d'un compte rendu d'imagerie. Chaque ouverture est tracée.",
    en: "Access to the images of an imaging report. Each opening is recorded.",
  },
  choice: { fr: "Images d'un examen", en: "Images of an exam" },
  who: { fr: "Vous ouvrez ce lien en tant que :", en: "You open this link as:" },
  patient: { fr: "Patient ou proche", en: "Patient or relative" },
  toPortal: { fr: "Aller au portail des patients du site.", en: "Go to the site's portal for patients." },
  professional: { fr: "Professionnel de santé", en: "Health professional" },
  toLogin: { fr: "Se connecter avec Pro Santé Connect.", en: "Log in with Pro Santé Connect." },
  noPortal: {
    fr: "Vous êtes le patient ? Demandez vos images au service d'imagerie qui a fait l'examen.",
    en: "Are you the patient? Ask the imaging department that made the exam for your images.",
  },
  failed: { fr: "Le lien n'a pas pu être ouvert", en: "The link could not be opened" },
  code: { fr: "Code à rappeler au service d'imagerie :", en: "Code to give to the imaging department:" },
  back: { fr: "Rouvrir le lien", en: "Open the link again" },
  loggedOut: { fr: "Vous êtes déconnecté", en: "You are logged out" },
  closeBrowser: {
    fr: "Sur un poste partagé, fermez aussi le navigateur.",
    en: "On a shared computer, close the browser, too.",
  },
  loggedInAs: { fr: "Connecté :", en: "Logged in:" },
  logout: { fr: "Se déconnecter", en: "Log out" },
} as const satisfies Readonly<Record<string, Sentence>>;
