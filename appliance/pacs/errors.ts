import { defineErrors } from "../base/index.ts";

/** Why a study could not be found in a PACS, or not be believed. None of them means that the study does not exist. */
export const pacsErrors = defineErrors("pacs", {
  PACS_UNREACHABLE: {
    retry: "later",
    message: {
      fr: "Le PACS {pacs} ne répond pas ({step}).",
      en: "The PACS {pacs} does not answer ({step}).",
    },
    remedy: {
      fr: "Vérifier que le PACS est en marche et que son adresse, son port et le réseau sont bons ; l'examen reste en attente.",
      en: "Check that the PACS runs and that its address, its port and the network are right; the study stays waiting.",
    },
  },
  PACS_REFUSED: {
    retry: "later",
    message: {
      fr: "Le PACS {pacs} refuse l'association.",
      en: "The PACS {pacs} refuses the association.",
    },
    remedy: {
      fr: "Déclarer le titre AE de la DRIMbox dans le PACS, vérifier le titre AE du PACS et le droit d'interroger (Study Root).",
      en: "Declare the AE title of the DRIMbox in the PACS; check the AE title of the PACS and the right to query (Study Root).",
    },
  },
  PACS_BUSY: {
    retry: "later",
    message: {
      fr: "Le PACS {pacs} est occupé ({step}) : il demande de revenir plus tard.",
      en: "The PACS {pacs} is busy ({step}): it asks to come back later.",
    },
    remedy: {
      fr: "Rien à faire si cela passe ; sinon réduire le nombre d'associations simultanées vers ce PACS.",
      en: "Nothing if it passes; otherwise lower the number of simultaneous associations to this PACS.",
    },
  },
  PACS_FAILED: {
    retry: "later",
    message: {
      fr: "Le PACS {pacs} a répondu par un échec ({step}, statut {status}).",
      en: "The PACS {pacs} answered with a failure ({step}, status {status}).",
    },
    remedy: {
      fr: "Lire le journal du PACS à l'heure de l'essai ; l'examen reste en attente.",
      en: "Read the log of the PACS at the time of the attempt; the study stays waiting.",
    },
  },
  PACS_INTERRUPTED: {
    retry: "later",
    message: {
      fr: "L'échange avec le PACS {pacs} a été interrompu avant sa fin ({step}).",
      en: "The exchange with the PACS {pacs} was interrupted before its end ({step}).",
    },
    remedy: {
      fr: "Rien à faire si cela reste rare : un nouvel essai est fait automatiquement.",
      en: "Nothing to do while this is rare: another attempt is made automatically.",
    },
  },
  PACS_TOO_MANY_RESULTS: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} annonce plus de {limit} réponses ({step}) pour un seul examen.",
      en: "The PACS {pacs} gives more than {limit} answers ({step}) for a single study.",
    },
    remedy: {
      fr: "Vérifier dans le PACS que l'examen n'est pas un regroupement, et que le PACS applique bien les critères de recherche.",
      en: "Check in the PACS that the study is not a merge of several, and that the PACS does apply the query's keys.",
    },
  },
  PACS_ANSWER_UNRELATED: {
    retry: "later",
    message: {
      fr: "Le PACS {pacs} a répondu au sujet d'autres examens que celui demandé ({step}).",
      en: "The PACS {pacs} answered about other studies than the one asked ({step}).",
    },
    remedy: {
      fr: "Signaler à l'éditeur du PACS que la recherche par StudyInstanceUID n'est pas respectée.",
      en: "Report to the vendor of the PACS that it does not honour a query by StudyInstanceUID.",
    },
  },
  PACS_STUDY_UID_INVALID: {
    retry: "never",
    message: {
      fr: "L'identifiant de l'examen recherché n'est pas un UID DICOM.",
      en: "The identifier of the wanted study is not a DICOM UID.",
    },
    remedy: {
      fr: "Faire corriger par le RIS l'identifiant d'examen du compte rendu.",
      en: "Have the RIS correct the study identifier of the report.",
    },
  },
  PACS_ANSWER_INCOMPLETE: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} ne donne pas {attribute}, indispensable au manifeste.",
      en: "The PACS {pacs} does not give {attribute}, without which there is no manifest.",
    },
    remedy: {
      fr: "Demander à l'éditeur du PACS de renvoyer cet attribut dans les réponses C-FIND, ou d'autoriser C-GET à la DRIMbox.",
      en: "Ask the vendor of the PACS to return this attribute in its C-FIND answers, or to allow C-GET to the DRIMbox.",
    },
  },
  PACS_NONE_CONFIGURED: {
    retry: "human",
    message: {
      fr: "Aucun PACS n'est configuré.",
      en: "No PACS is configured.",
    },
    remedy: {
      fr: "Ajouter le PACS du site dans la configuration.",
      en: "Add the PACS of the site to the configuration.",
    },
  },
  PACS_UNKNOWN: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} n'est pas configuré.",
      en: "The PACS {pacs} is not configured.",
    },
    remedy: {
      fr: "Corriger dans la configuration le nom du PACS, ou la liste des PACS à interroger.",
      en: "Correct in the configuration the name of the PACS, or the list of the PACS to ask.",
    },
  },
  PACS_CONFLICTING_PATIENT: {
    retry: "human",
    message: {
      fr: "L'examen est rangé sous plusieurs identifiants de patient.",
      en: "The study is filed under several patient identifiers.",
    },
    remedy: {
      fr: "Faire corriger l'identité dans le PACS (fusion ou réaffectation) ; rien n'est publié d'ici là.",
      en: "Have the identity corrected in the PACS (merge or reassignment); nothing is published until then.",
    },
  },
  PACS_CONFLICTING_ACCESSION: {
    retry: "human",
    message: {
      fr: "L'examen est rangé sous plusieurs numéros d'accession.",
      en: "The study is filed under several accession numbers.",
    },
    remedy: {
      fr: "Faire corriger l'examen dans le PACS ; rien n'est publié d'ici là.",
      en: "Have the study corrected in the PACS; nothing is published until then.",
    },
  },
});

export const { fault } = pacsErrors;
