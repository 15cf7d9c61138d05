import { defineErrors } from "../base/index.ts";

/**
 * Why a study could not be found in a PACS, not be believed, or its images not be had. Only `PACS_GONE` means that something
 * does not exist: the PACS said so.
 */
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
  PACS_GONE: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} répond qu'il n'a pas ces images.",
      en: "The PACS {pacs} answers that it does not have these images.",
    },
    remedy: {
      fr: "Vérifier l'examen dans le PACS ; s'il a été purgé ou déplacé, lancer une resynchronisation.",
      en: "Look for the study in the PACS; if it was purged or moved, start a resynchronisation.",
    },
  },
  PACS_TIMED_OUT: {
    retry: "later",
    message: {
      fr: "Le PACS {pacs} n'envoie plus rien ({step}) : l'attente est finie.",
      en: "The PACS {pacs} sends nothing any more ({step}): the wait is over.",
    },
    remedy: {
      fr: "Lire le journal du PACS à cette heure ; vérifier le réseau, et que l'examen n'est pas sur un support lent.",
      en: "Read the log of the PACS at that time; check the network, and that the study is not on slow media.",
    },
  },
  PACS_CANCELLED: {
    retry: "never",
    message: {
      fr: "L'envoi par le PACS {pacs} a été annulé par le demandeur.",
      en: "The transfer from the PACS {pacs} was cancelled by who asked for it.",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  PACS_SYNTAX_UNAVAILABLE: {
    retry: "never",
    message: {
      fr: "Le PACS {pacs} n'envoie ces images dans aucun des formats demandés (il propose : {available}).",
      en: "The PACS {pacs} sends these images in none of the formats that were asked for (it has: {available}).",
    },
    remedy: {
      fr: "Demander aussi le format dans lequel le PACS les garde, ou lui faire autoriser la conversion.",
      en: "Ask for the format too in which the PACS keeps them, or have it allowed to convert.",
    },
  },
  PACS_DESTINATION_UNKNOWN: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} ne connaît pas la destination {destination} (C-MOVE).",
      en: "The PACS {pacs} does not know the destination {destination} (C-MOVE).",
    },
    remedy: {
      fr: "Déclarer dans le PACS le titre AE, l'adresse et le port de réception d'images de la DRIMbox.",
      en: "Declare in the PACS the AE title, the address and the port at which the DRIMbox receives images.",
    },
  },
  PACS_SENT_OTHERS: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} a envoyé d'autres objets que ceux demandés ; ils sont refusés.",
      en: "The PACS {pacs} sent other objects than those asked for; they are refused.",
    },
    remedy: {
      fr: "Vérifier auprès de l'éditeur du PACS qu'il respecte les UID d'un C-GET ou C-MOVE.",
      en: "Have the vendor of the PACS check that it honours the UIDs of a C-GET or C-MOVE.",
    },
  },
  PACS_MOVE_UNNAMED: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} ne dit pas pour quelle demande il envoie (Move Originator) ; ses objets sont refusés.",
      en: "The PACS {pacs} does not say for which request it sends (Move Originator); its objects are refused.",
    },
    remedy: {
      fr: "Mettre moveOriginator à false dans le profil de ce PACS.",
      en: "Set moveOriginator to false in the profile of this PACS.",
    },
  },
  PACS_NO_RETRIEVE: {
    retry: "human",
    message: {
      fr: "Aucun moyen n'est configuré pour obtenir les images du PACS {pacs}.",
      en: "No way is configured to have the images of the PACS {pacs}.",
    },
    remedy: {
      fr: "Lancer box probe-pacs, puis ouvrir C-GET, C-MOVE ou WADO-RS à la DRIMbox et l'indiquer dans la configuration.",
      en: "Run box probe-pacs, then open C-GET, C-MOVE or WADO-RS to the DRIMbox and say so in the configuration.",
    },
  },
  PACS_WADO_REFUSED: {
    retry: "human",
    message: {
      fr: "Le serveur WADO-RS du PACS {pacs} refuse la DRIMbox (HTTP {status}).",
      en: "The WADO-RS server of the PACS {pacs} refuses the DRIMbox (HTTP {status}).",
    },
    remedy: {
      fr: "Vérifier l'adresse, le compte ou le jeton, et le certificat donnés dans la configuration.",
      en: "Check the address, the account or token, and the certificate given in the configuration.",
    },
  },
  PACS_RETRIEVE_INVALID: {
    retry: "never",
    message: {
      fr: "Ces images ne peuvent pas être demandées à un PACS ({problem}).",
      en: "These images cannot be asked of a PACS ({problem}).",
    },
    remedy: { fr: "Corriger la demande.", en: "Correct the request." },
  },
  PACS_SENDERS_SHARED: {
    retry: "human",
    message: {
      fr: "Deux PACS ({pacs}) enverraient leurs images sous le même titre AE et la même adresse.",
      en: "Two PACS ({pacs}) would send their images under the same AE title and address.",
    },
    remedy: {
      fr: "Ne garder qu'un PACS par titre et adresse d'envoi : autrement leurs images ne se distinguent pas.",
      en: "Keep one PACS for each sending title and address: their images could not be told apart.",
    },
  },
});

export const { fault } = pacsErrors;
