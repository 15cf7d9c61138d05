import { defineErrors } from "../base/index.ts";

/** What can go wrong while writing or reading XDS.b messages and XML signatures. */
export const xdsErrors = defineErrors("xds", {
  XDS_CHARACTER_NOT_ALLOWED: {
    retry: "human",
    message: {
      fr: "Un texte contient un caractère interdit en XML",
      en: "A text holds a character that XML forbids",
    },
    remedy: {
      fr: "Corriger le texte dans le système d'origine (compte rendu, identité, configuration) puis relancer.",
      en: "Correct the text at its origin (report, identity, configuration), then start again.",
    },
  },
  XDS_XML_UNREADABLE: {
    retry: "later",
    message: { fr: "Le document XML reçu est illisible : {reason}", en: "The XML received cannot be read: {reason}" },
    remedy: {
      fr: "La réponse ne vient peut-être pas du DMP (proxy, page d'erreur). Vérifier l'adresse et le réseau.",
      en: "The answer may not come from the record (a proxy, an error page). Check the address and the network.",
    },
  },
  XDS_XML_FORBIDDEN: {
    retry: "human",
    message: {
      fr: "Le document XML reçu contient une construction refusée : {reason}",
      en: "The XML received holds a refused construct: {reason}",
    },
    remedy: {
      fr: "Ne pas traiter. Conserver la réponse et prévenir l'exploitant du service distant.",
      en: "Do not process it. Keep the answer and tell whoever runs the remote service.",
    },
  },
  XDS_XML_TOO_LARGE: {
    retry: "human",
    message: { fr: "Le document XML reçu est trop grand : {limit}", en: "The XML received is too large: {limit}" },
    remedy: {
      fr: "Restreindre la recherche ; si une seule fiche est concernée, prévenir l'exploitant du service distant.",
      en: "Narrow the search; if a single entry is concerned, tell whoever runs the remote service.",
    },
  },
  XDS_MIME_UNREADABLE: {
    retry: "later",
    message: { fr: "La réponse MIME est illisible : {reason}", en: "The MIME answer cannot be read: {reason}" },
    remedy: {
      fr: "Réessayer ; si l'erreur persiste, conserver la réponse et prévenir l'exploitant du service distant.",
      en: "Try again; if it lasts, keep the answer and tell whoever runs the remote service.",
    },
  },
  XDS_ANSWER_UNEXPECTED: {
    retry: "later",
    message: {
      fr: "La réponse n'est pas celle qu'attend la transaction : {reason}",
      en: "The answer is not the one the transaction expects: {reason}",
    },
    remedy: {
      fr: "Vérifier l'adresse du service configurée et qu'aucun équipement n'intercepte l'échange.",
      en: "Check the configured service address and that nothing intercepts the exchange.",
    },
  },
  XDS_SIGNATURE_ALGORITHM: {
    retry: "human",
    message: {
      fr: "Algorithme de signature non prévu : {algorithm}",
      en: "Signature algorithm not provided for: {algorithm}",
    },
    remedy: {
      fr: "Choisir SHA-256, ou une clé RSA si le service exige SHA-1.",
      en: "Choose SHA-256, or an RSA key where the service demands SHA-1.",
    },
  },
  XDS_SIGNATURE_INVALID: {
    retry: "human",
    message: { fr: "Signature XML refusée : {reason}", en: "XML signature refused: {reason}" },
    remedy: {
      fr: "Ne pas utiliser le document. Vérifier le certificat attendu et l'origine du document.",
      en: "Do not use the document. Check the expected certificate and where the document came from.",
    },
  },
});

/** A refused signature; `reason` is for the journal, the verdict is the same whatever it is. */
export const signatureFault = (reason: string, where?: string) =>
  xdsErrors.fault("XDS_SIGNATURE_INVALID", { details: { reason }, ...(where === undefined ? {} : { where }) });
