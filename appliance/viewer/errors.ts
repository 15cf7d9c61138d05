import { CodedError, defineErrors } from "../base/index.ts";

/** What a visitor is told; nothing here says what the site holds, nor how its systems are called. */
export const viewerErrors = defineErrors("viewer", {
  VIEWER_LINK_INVALID: {
    retry: "never",
    message: {
      fr: "L'adresse du lien n'est pas complète ou a été modifiée ({parameter}).",
      en: "The address of the link is not complete or was changed ({parameter}).",
    },
    remedy: {
      fr: "Ouvrir le lien ou scanner le code depuis le compte rendu lui-même, sans le recopier.",
      en: "Open the link or scan the code from the report itself, without copying it by hand.",
    },
  },
  VIEWER_PAGE_UNKNOWN: {
    retry: "never",
    message: { fr: "Cette page n'existe pas.", en: "There is no such page." },
    remedy: {
      fr: "Ouvrir le lien qui figure sur le compte rendu d'imagerie.",
      en: "Open the link that stands on the imaging report.",
    },
  },
  VIEWER_TOO_MANY_REQUESTS: {
    retry: "later",
    message: {
      fr: "Trop de demandes depuis votre adresse en une minute.",
      en: "Too many requests from your address in a minute.",
    },
    remedy: { fr: "Recommencer dans {seconds} secondes.", en: "Try again in {seconds} seconds." },
  },
  VIEWER_BUSY: {
    retry: "later",
    message: { fr: "Trop d'examens sont ouverts en ce moment.", en: "Too many exams are being opened now." },
    remedy: { fr: "Recommencer dans quelques instants.", en: "Try again in a moment." },
  },
  VIEWER_PACS_AWAY: {
    retry: "later",
    message: {
      fr: "Les images ne sont pas accessibles pour le moment : l'archive d'images du site ne répond pas.",
      en: "The images cannot be reached at the moment: the image archive of the site does not answer.",
    },
    remedy: {
      fr: "Recommencer plus tard ; si cela dure, appeler le service d'imagerie.",
      en: "Try again later; if it lasts, call the imaging department.",
    },
  },
  VIEWER_NO_PORTAL: {
    retry: "never",
    message: {
      fr: "Ce site n'a pas de portail où un patient puisse voir ses images.",
      en: "This site has no portal where a patient could see the images.",
    },
    remedy: {
      fr: "Demander les images au service d'imagerie qui a fait l'examen.",
      en: "Ask the imaging department that made the exam for the images.",
    },
  },
  VIEWER_LOGIN_LOST: {
    retry: "never",
    message: {
      fr: "Cette connexion n'a pas été commencée dans ce navigateur, ou elle a trop duré.",
      en: "This login was not begun in this browser, or it took too long.",
    },
    remedy: {
      fr: "Rouvrir le lien du compte rendu, cookies autorisés.",
      en: "Open the link of the report again, with cookies allowed.",
    },
  },
  VIEWER_LOGIN_AWAY: {
    retry: "later",
    message: {
      fr: "La connexion par Pro Santé Connect n'est pas possible pour le moment.",
      en: "Logging in by Pro Santé Connect is not possible at the moment.",
    },
    remedy: { fr: "Recommencer dans quelques minutes.", en: "Try again in some minutes." },
  },
  VIEWER_PROFESSION_REFUSED: {
    retry: "never",
    message: {
      fr: "Votre profession, telle que Pro Santé Connect la dit, ne donne pas accès aux images.",
      en: "Your profession, as Pro Santé Connect says it, does not give access to the images.",
    },
    remedy: {
      fr: "Si elle est inexacte, la faire corriger au RPPS ; sinon s'adresser au service d'imagerie.",
      en: "If it is wrong, have it corrected in the RPPS; otherwise ask the imaging department.",
    },
  },
  VIEWER_NOT_RECORDED: {
    retry: "later",
    message: {
      fr: "L'accès ne peut pas être tracé pour le moment, et rien n'est montré sans trace.",
      en: "The access cannot be recorded at the moment, and nothing is shown without a record.",
    },
    remedy: {
      fr: "Recommencer plus tard ; si cela dure, appeler le service d'imagerie.",
      en: "Try again later; if it lasts, call the imaging department.",
    },
  },
  /** In the trail only. */
  VIEWER_REFUSALS_LEFT_OUT: {
    retry: "never",
    message: {
      fr: "{count} refus d'inconnus n'ont pas été tracés un à un : ils étaient trop nombreux en une minute.",
      en: "{count} refusals of strangers were not recorded one by one: there were too many of them in a minute.",
    },
    remedy: {
      fr: "Regarder les refus tracés juste avant : quelqu'un essaie des liens. Si cela dure, bloquer ses adresses au pare-feu.",
      en: "Look at the refusals recorded just before: somebody is trying links. If it lasts, block the addresses at the firewall.",
    },
  },
  VIEWER_INTERNAL: {
    retry: "later",
    message: { fr: "Erreur interne de la DRIMbox.", en: "Internal error of the box." },
    remedy: {
      fr: "Recommencer plus tard ; si cela dure, appeler le service d'imagerie.",
      en: "Try again later; if it lasts, call the imaging department.",
    },
  },
});

/** The error as a visitor may read it: those of other rooms speak to the people of the site. */
export function forVisitor(error: unknown): CodedError {
  if (!(error instanceof CodedError)) return viewerErrors.fault("VIEWER_INTERNAL", { cause: error });
  const { code } = error;
  // Without `where`, `details.why` or a cause: what does not match is not for the page.
  if (/^(VIEWER_|IDENTITY_LOGIN_|SOURCE_LINK_)/.test(code)) return error;
  if (code.startsWith("PACS_")) return viewerErrors.fault("VIEWER_PACS_AWAY", { cause: error });
  if (code.startsWith("IDENTITY_PROFESSION_")) return viewerErrors.fault("VIEWER_PROFESSION_REFUSED", { cause: error });
  if (code.startsWith("IDENTITY_")) return viewerErrors.fault("VIEWER_LOGIN_AWAY", { cause: error });
  return viewerErrors.fault("VIEWER_INTERNAL", { cause: error });
}

const statuses: Readonly<Record<string, number>> = {
  VIEWER_LINK_INVALID: 400,
  VIEWER_LOGIN_LOST: 400,
  VIEWER_PAGE_UNKNOWN: 404,
  VIEWER_NO_PORTAL: 404,
  SOURCE_LINK_INCOHERENT: 404,
  SOURCE_LINK_NO_IMAGES: 404,
  VIEWER_PROFESSION_REFUSED: 403,
  IDENTITY_LOGIN_REFUSED: 403,
  IDENTITY_LOGIN_UNVERIFIED: 403,
  VIEWER_TOO_MANY_REQUESTS: 429,
  VIEWER_INTERNAL: 500,
};

/** The status that goes with what a visitor is told. */
export function statusOf({ code, retry }: CodedError): number {
  return statuses[code] ?? (retry === "later" ? 503 : 500);
}
