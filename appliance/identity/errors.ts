import { type CodedError, defineErrors } from "../base/index.ts";

/** Why a token opens nothing. What the listener answers to each is in `answerTo`. */
export const identityErrors = defineErrors("identity", {
  /** 401, and no `error` in WWW-Authenticate (RFC 6750 3.1): the asker may not know that a token is wanted. */
  IDENTITY_TOKEN_MISSING: {
    retry: "never",
    message: { fr: "La demande ne porte pas de jeton Pro Santé Connect", en: "The request bears no token" },
    remedy: {
      fr: "Le logiciel demandeur doit envoyer Authorization: Bearer avec le jeton du professionnel.",
      en: "The asking software must send Authorization: Bearer with the professional's token.",
    },
  },
  /** 401 `invalid_token`. */
  IDENTITY_TOKEN_MALFORMED: {
    retry: "never",
    message: {
      fr: "Le jeton n'a pas la forme d'un jeton (RFC 6750) ou dépasse {limit} octets",
      en: "The token is not in the form of one (RFC 6750) or is longer than {limit} bytes",
    },
    remedy: {
      fr: "Signaler l'anomalie au fournisseur du logiciel demandeur.",
      en: "Report the anomaly to the vendor of the asking software.",
    },
  },
  /** 401 `invalid_token`. */
  IDENTITY_TOKEN_INACTIVE: {
    retry: "never",
    message: {
      fr: "Pro Santé Connect ne reconnaît pas le jeton : expiré, révoqué ou forgé",
      en: "Pro Santé Connect does not know the token: expired, revoked or forged",
    },
    remedy: {
      fr: "Le professionnel recommence, en se reconnectant au besoin. Des refus nombreux d'un même demandeur sont à examiner.",
      en: "The professional tries again, after a new login if need be. Many refusals of one asker are to be looked into.",
    },
  },
  /** 401 `invalid_token`. */
  IDENTITY_TOKEN_EXPIRED: {
    retry: "never",
    message: {
      fr: "Le jeton est déclaré actif mais sa période de validité ne contient pas l'heure de la DRIMbox",
      en: "The token is said to be active but its validity does not contain the box's time",
    },
    remedy: {
      fr: "Vérifier l'horloge de la DRIMbox et sa synchronisation NTP.",
      en: "Check the box's clock and its NTP synchronisation.",
    },
  },
  /** 401 `invalid_token`. */
  IDENTITY_TOKEN_KIND: {
    retry: "never",
    message: {
      fr: "Le jeton n'est pas un jeton d'accès (typ Bearer)",
      en: "The token is not an access token (typ Bearer)",
    },
    remedy: {
      fr: "Le logiciel demandeur doit envoyer le jeton d'accès, non le jeton d'identité ou de rafraîchissement.",
      en: "The asking software must send the access token, not the identity or refresh token.",
    },
  },
  /** 401 `invalid_token`. */
  IDENTITY_TOKEN_FOREIGN: {
    retry: "never",
    message: {
      fr: "Le jeton n'a pas été émis pour un service admis ({claim})",
      en: "The token was not issued for a service that is allowed ({claim})",
    },
    remedy: {
      fr: "Si ce service doit être admis, l'ajouter à la configuration ; sinon un jeton est détourné : examiner la demande.",
      en: "If that service is to be allowed, add it to the configuration; if not, a token is misused: look into the request.",
    },
  },
  /** 401 `invalid_token` (RFC 8705 3). */
  IDENTITY_TOKEN_BOUND: {
    retry: "never",
    message: {
      fr: "Le jeton est lié à un autre certificat que celui du demandeur",
      en: "The token is bound to another certificate than the asker's",
    },
    remedy: {
      fr: "Le demandeur doit employer le même certificat auprès de Pro Santé Connect et de la DRIMbox ; sinon le jeton est volé.",
      en: "The asker must use the same certificate with Pro Santé Connect and with the box; otherwise the token is stolen.",
    },
  },
  /** 403. */
  IDENTITY_PROFESSION_UNKNOWN: {
    retry: "never",
    message: {
      fr: "Pro Santé Connect ne dit pas la profession du porteur du jeton",
      en: "Pro Santé Connect does not say the profession of the token's holder",
    },
    remedy: {
      fr: "Le professionnel fait vérifier sa situation au RPPS ; sinon vérifier les droits de la DRIMbox auprès de Pro Santé Connect.",
      en: "The professional has the RPPS entry checked; otherwise check the box's rights with Pro Santé Connect.",
    },
  },
  /** 403. */
  IDENTITY_PROFESSION_REFUSED: {
    retry: "never",
    message: {
      fr: "Aucune situation d'exercice du professionnel n'ouvre droit aux images",
      en: "No exercise of the professional gives access to images",
    },
    remedy: {
      fr: "Si cette profession doit voir les images, l'ajouter à la liste des professions de la configuration.",
      en: "If that profession is to see images, add it to the list of professions of the configuration.",
    },
  },
  /** At the login; the reason is a word of RFC 6749 4.1.2.1. */
  IDENTITY_LOGIN_REFUSED: {
    retry: "never",
    message: {
      fr: "Pro Santé Connect n'a pas connecté le professionnel ({reason})",
      en: "Pro Santé Connect did not log the professional in ({reason})",
    },
    remedy: {
      fr: "Rouvrir le lien et se connecter de nouveau.",
      en: "Open the link again and log in once more.",
    },
  },
  /** At the login: a state, a nonce, a signature or a code that is not what this login waited for. */
  IDENTITY_LOGIN_UNVERIFIED: {
    retry: "never",
    message: {
      fr: "Le retour de Pro Santé Connect n'a pas pu être vérifié ({reason})",
      en: "What came back from Pro Santé Connect could not be verified ({reason})",
    },
    remedy: {
      fr: "Rouvrir le lien et se connecter de nouveau. Si cela dure, vérifier l'horloge de la DRIMbox.",
      en: "Open the link again and log in once more. If it lasts, check the box's clock.",
    },
  },
  /** 503 with Retry-After. Never a yes, also not for a token known a minute ago. */
  IDENTITY_PSC_UNAVAILABLE: {
    retry: "later",
    message: {
      fr: "Pro Santé Connect ne répond pas ({reason}) : le jeton ne peut être vérifié",
      en: "Pro Santé Connect does not answer ({reason}): the token cannot be verified",
    },
    remedy: {
      fr: "La DRIMbox réessaie d'elle-même. Si cela dure, vérifier le réseau et l'état du service Pro Santé Connect.",
      en: "The box tries again by itself. If it lasts, check the network and the state of Pro Santé Connect.",
    },
  },
  /** 503 with Retry-After. */
  IDENTITY_PSC_ANSWER: {
    retry: "later",
    message: {
      fr: "La réponse de Pro Santé Connect n'est pas celle attendue ({reason})",
      en: "The answer of Pro Santé Connect is not as expected ({reason})",
    },
    remedy: {
      fr: "Vérifier les adresses configurées. Si cela dure, transmettre ce message au support de Pro Santé Connect.",
      en: "Check the configured addresses. If it lasts, send this message to the support of Pro Santé Connect.",
    },
  },
  /** 503 with Retry-After: the fault is the box's own, the asker is not to blame. */
  IDENTITY_CLIENT_REFUSED: {
    retry: "human",
    message: {
      fr: "Pro Santé Connect refuse la DRIMbox ({reason})",
      en: "Pro Santé Connect refuses the box ({reason})",
    },
    remedy: {
      fr: "Vérifier l'identifiant client, son secret ou son certificat, et son droit à l'introspection.",
      en: "Check the client identifier, its secret or certificate, and its right to introspection.",
    },
  },
  /** Nobody waits for the answer any more; 503 if somebody does. */
  IDENTITY_INTERRUPTED: {
    retry: "later",
    message: { fr: "Vérification du jeton abandonnée par le demandeur", en: "The asker left during the token's check" },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  /** At start; never an answer to a request. */
  IDENTITY_CONFIGURATION: {
    retry: "human",
    message: {
      fr: "Adresse ou durée de Pro Santé Connect incorrecte dans la configuration",
      en: "An address or a duration of Pro Santé Connect is wrong in the configuration",
    },
    remedy: {
      fr: "Les adresses commencent par https:// et les durées sont dans leurs bornes.",
      en: "Addresses begin with https:// and durations are within their bounds.",
    },
  },
});

export type IdentityCode = keyof typeof identityErrors.definitions;

/** What the listener answers: status and the headers that go with it. */
export interface HttpAnswer {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

/** Seconds that an asker is told to wait when nothing better is known. */
const RETRY_AFTER = 5;

/** RFC 6750 3: a challenge has at least one parameter. */
const CHALLENGE = 'Bearer realm="DRIM-M"';

/** The HTTP answer to a request that met `error`, one of IDENTITY_*: RFC 6750 3 for 401, RFC 9110 10.2.3 for 503. */
export function answerTo(error: CodedError): HttpAnswer {
  if (error.code === "IDENTITY_TOKEN_MISSING") return { status: 401, headers: { "www-authenticate": CHALLENGE } };
  if (error.code.startsWith("IDENTITY_TOKEN_"))
    return { status: 401, headers: { "www-authenticate": `${CHALLENGE}, error="invalid_token"` } };
  if (error.code.startsWith("IDENTITY_PROFESSION_")) return { status: 403, headers: {} };
  return { status: 503, headers: { "retry-after": String(error.details.retryAfter ?? RETRY_AFTER) } };
}
