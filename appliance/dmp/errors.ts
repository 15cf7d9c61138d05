import { defineErrors } from "../base/index.ts";

const SHOW_LINES = {
  fr: "Lire les lignes d'erreur rendues par le DMP, corriger la cause, puis relancer.",
  en: "Read the error lines returned by the record, correct the cause, then start again.",
};
const WAIT = {
  fr: "Rien à faire : la DRIMbox réessaie seule. Si cela dure, vérifier l'état du service DMP et le réseau.",
  en: "Nothing to do: the box tries again by itself. If it lasts, check the state of the record service and the network.",
};

/** What can go wrong between the box and the national record. */
export const dmpErrors = defineErrors("dmp", {
  DMP_METADATA_MISSING: {
    retry: "human",
    message: {
      fr: "Le compte rendu ne porte pas une donnée que le DMP exige",
      en: "The report lacks a datum that the record requires",
    },
    remedy: {
      fr: "Faire compléter le compte rendu par le RIS et le renvoyer, ou configurer la valeur par défaut du site.",
      en: "Have the RIS complete the report and send it again, or configure the site's default value.",
    },
  },
  DMP_CONFIDENTIALITY_RESTRICTED: {
    retry: "human",
    message: {
      fr: "Le compte rendu est à confidentialité renforcée : il ne se partage pas",
      en: "The report has reinforced confidentiality: it is not to be shared",
    },
    remedy: {
      fr: "Ne publier qu'après décision du professionnel et renvoi du compte rendu en confidentialité normale.",
      en: "Publish only after the professional's decision and a new report with normal confidentiality.",
    },
  },
  DMP_STRUCTURE_MISMATCH: {
    retry: "human",
    message: {
      fr: "La structure qui envoie ou qui agit n'est pas celle du responsable légal du compte rendu",
      en: "The structure that sends or acts is not that of the report's legal authenticator",
    },
    remedy: {
      fr: "Faire corriger le message ou le compte rendu par le RIS. Seule une structure auteur du document peut le remplacer ou le supprimer ; le contrôle de PRT-8, lui, peut être levé dans la configuration.",
      en: "Have the RIS correct the message or the report. Only a structure that is author of the document may replace or withdraw it; the check of PRT-8 may be lifted in the configuration.",
    },
  },
  DMP_NO_CERTIFICATE_FOR_STRUCTURE: {
    retry: "human",
    message: {
      fr: "Aucun certificat {kind} n'est configuré pour la structure {structure}",
      en: "No {kind} certificate is configured for structure {structure}",
    },
    remedy: {
      fr: "Installer les certificats IGC-Santé (authentification et signature) de cette structure, ou corriger le mode d'identification EG, EJ ou EJ/EG.",
      en: "Install the IGC-Santé certificates (authentication and signature) of this structure, or correct the identification mode EG, EJ or EJ/EG.",
    },
  },
  DMP_UNREACHABLE: {
    retry: "later",
    message: { fr: "Le DMP est injoignable ({reason})", en: "The record cannot be reached ({reason})" },
    remedy: WAIT,
  },
  DMP_TIMEOUT: {
    retry: "later",
    message: { fr: "Le DMP n'a pas répondu à temps ({reason})", en: "The record did not answer in time ({reason})" },
    remedy: WAIT,
  },
  DMP_INTERRUPTED: {
    retry: "later",
    message: { fr: "L'échange a été interrompu par la DRIMbox", en: "The exchange was interrupted by the box" },
    remedy: WAIT,
  },
  DMP_BUSY: {
    retry: "later",
    message: { fr: "Le DMP est momentanément indisponible ({reason})", en: "The record is busy for now ({reason})" },
    remedy: WAIT,
  },
  DMP_HTTP_5XX: {
    retry: "later",
    message: { fr: "Le DMP répond par une erreur HTTP {status}", en: "The record answers with HTTP error {status}" },
    remedy: WAIT,
  },
  DMP_ANSWER_UNREADABLE: {
    retry: "later",
    message: {
      fr: "La réponse du DMP est illisible ({reason}) : rien ne prouve que la demande ait abouti",
      en: "The answer cannot be read ({reason}): nothing proves that the request was carried out",
    },
    remedy: WAIT,
  },
  DMP_FAULT_RECEIVER: {
    retry: "later",
    message: { fr: "Le DMP signale une défaillance interne", en: "The record reports a failure of its own" },
    remedy: WAIT,
  },
  DMP_CLOCK: {
    retry: "later",
    message: {
      fr: "Échange refusé pour une question d'heure ({reason})",
      en: "The exchange was refused over the time ({reason})",
    },
    remedy: {
      fr: "Vérifier l'horloge de la DRIMbox et sa synchronisation NTP.",
      en: "Check the box's clock and its NTP synchronisation.",
    },
  },
  DMP_SERVER_CERTIFICATE: {
    retry: "human",
    message: {
      fr: "Le certificat présenté par le DMP n'est pas accepté ({reason})",
      en: "The certificate that the record presents is not accepted ({reason})",
    },
    remedy: {
      fr: "Vérifier l'adresse, le fichier d'autorités configuré et l'horloge. Ne jamais désactiver le contrôle.",
      en: "Check the address, the configured authorities file and the clock. Never switch the check off.",
    },
  },
  DMP_CLIENT_CERTIFICATE: {
    retry: "human",
    message: {
      fr: "Le DMP refuse notre certificat d'authentification ({reason})",
      en: "The record refuses our authentication certificate ({reason})",
    },
    remedy: {
      fr: "Vérifier que le certificat est bien ORG AUTH_CLI, en cours de validité et de l'environnement visé (test ou production).",
      en: "Check that the certificate is ORG AUTH_CLI, within its dates and of the target environment (test or production).",
    },
  },
  DMP_NOT_AUTHORISED: {
    retry: "human",
    message: {
      fr: "Le DMP refuse notre identité ou nos droits ({reason})",
      en: "The record refuses our identity or rights ({reason})",
    },
    remedy: {
      fr: "Vérifier le VIHF (structure, professionnel, homologation LPS) et les certificats de la structure.",
      en: "Check the VIHF (structure, professional, LPS approval) and the structure's certificates.",
    },
  },
  DMP_HTTP_REFUSED: {
    retry: "human",
    message: { fr: "Le DMP refuse la requête : HTTP {status}", en: "The record refuses the request: HTTP {status}" },
    remedy: {
      fr: "Vérifier l'adresse configurée du service et les équipements intermédiaires.",
      en: "Check the configured service address and what stands between.",
    },
  },
  DMP_FAULT_SENDER: {
    retry: "never",
    message: { fr: "Le DMP rejette le message SOAP", en: "The record rejects the SOAP message" },
    remedy: SHOW_LINES,
  },
  DMP_REFUSED: {
    retry: "never",
    message: { fr: "Le DMP rejette la demande : {codes}", en: "The record rejects the request: {codes}" },
    remedy: SHOW_LINES,
  },
  DMP_REGISTRY_ERROR: {
    retry: "human",
    message: { fr: "Le DMP refuse la demande : {codes}", en: "The record refuses the request: {codes}" },
    remedy: SHOW_LINES,
  },
  DMP_STATE_CONFLICT: {
    retry: "human",
    message: {
      fr: "L'état du document dans le DMP n'est pas celui attendu : {codes}",
      en: "The document's state in the record is not the expected one: {codes}",
    },
    remedy: {
      fr: "Comparer le document publié et celui de la DRIMbox avant de relancer.",
      en: "Compare the published document with the box's before starting again.",
    },
  },
  DMP_TARGET_REFUSED: {
    retry: "never",
    message: {
      fr: "Le DMP refuse l'opération sur le document visé : {codes}",
      en: "The record refuses the operation on the document aimed at: {codes}",
    },
    remedy: SHOW_LINES,
  },
  DMP_REPLACED_ENTRY_GONE: {
    retry: "human",
    message: {
      fr: "Le document à remplacer ou à supprimer n'est plus, dans le DMP, celui que connaît la DRIMbox ({status})",
      en: "The document to replace or withdraw is no longer, in the record, the one that the box knows ({status})",
    },
    remedy: {
      fr: "Voir qui l'a remplacé, archivé ou supprimé dans le DMP, puis décider : publier à nouveau, ou laisser ainsi.",
      en: "See who replaced, archived or deleted it in the record, then decide: publish anew, or leave it so.",
    },
  },
  DMP_TOO_MANY_RESULTS: {
    retry: "human",
    message: {
      fr: "La recherche dans le DMP rend trop de documents ({reason})",
      en: "The search of the record finds too many documents ({reason})",
    },
    remedy: {
      fr: "Restreindre la recherche (type de document, examen).",
      en: "Narrow the search (document type, exam).",
    },
  },
  DMP_PATIENT_UNKNOWN: {
    retry: "human",
    message: { fr: "Le patient n'a pas de DMP ouvert : {codes}", en: "The patient has no open record: {codes}" },
    remedy: {
      fr: "Vérifier l'INS du patient. Sans DMP, le document ne peut pas être publié.",
      en: "Check the patient's INS. Without a record the document cannot be published.",
    },
  },
  DMP_PATIENT_CLOSED: {
    retry: "human",
    message: { fr: "Le DMP du patient est fermé : {codes}", en: "The patient's record is closed: {codes}" },
    remedy: {
      fr: "Le document ne peut pas être publié tant que le patient n'a pas réactivé son espace.",
      en: "The document cannot be published until the patient reopens the record.",
    },
  },
  DMP_POLICY_REFUSED: {
    retry: "human",
    message: {
      fr: "Une règle du DMP interdit l'opération : {codes}",
      en: "A policy of the record forbids it: {codes}",
    },
    remedy: SHOW_LINES,
  },
  DMP_DUPLICATE_CONFLICT: {
    retry: "human",
    message: {
      fr: "Un autre document porte déjà cet identifiant dans le DMP",
      en: "Another document already has this identifier in the record",
    },
    remedy: {
      fr: "Comparer l'empreinte et le patient des deux documents. Ne pas relancer sans avoir compris.",
      en: "Compare the hash and the patient of the two documents. Do not start again before it is understood.",
    },
  },
});

export const missing = (where: string) => dmpErrors.fault("DMP_METADATA_MISSING", { where });

export type DmpCode = keyof typeof dmpErrors.definitions;
