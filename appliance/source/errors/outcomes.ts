import type { ErrorDefinition } from "../../base/index.ts";

/** What a look at an exam may come to: in the PACS, in the record, by a decision. */
export const outcomes = {
  SOURCE_STUDY_NOT_FOUND: {
    retry: "human",
    message: {
      fr: "L'examen n'est toujours pas dans le PACS après {days} jours.",
      en: "The study is still not in the PACS after {days} days.",
    },
    remedy: {
      fr: "Vérifier l'archivage de l'examen, puis relancer.",
      en: "Check that the study was archived, then retry.",
    },
  },
  SOURCE_IPP_MISMATCH: {
    retry: "human",
    message: {
      fr: "L'identifiant patient du PACS n'est pas celui du compte rendu.",
      en: "The patient identifier in the PACS is not that of the report.",
    },
    remedy: {
      fr: "Rapprocher les deux dossiers (identitovigilance), corriger le PACS ou le RIS, puis relancer.",
      en: "Reconcile the two records (identity vigilance), correct the PACS or the RIS, then retry.",
    },
  },
  SOURCE_ACCESSION_MISMATCH: {
    retry: "human",
    message: {
      fr: "Le numéro de demande des images n'est pas l'un de ceux du compte rendu.",
      en: "The accession number of the images is not one of those of the report.",
    },
    remedy: {
      fr: "Corriger le numéro dans le PACS ou le RIS, puis relancer.",
      en: "Correct the number in the PACS or the RIS, then retry.",
    },
  },
  SOURCE_NO_PACS_FOR_DOMAIN: {
    retry: "human",
    message: {
      fr: "Aucun PACS n'est configuré pour le domaine de cet identifiant patient et de ce numéro de demande.",
      en: "No PACS is configured for the domain of this patient identifier and accession number.",
    },
    remedy: {
      fr: "Vérifier les domaines des PACS (pacs[].patientDomains, pacs[].accessionDomains) ou ce que le RIS envoie.",
      en: "Check the domains of the PACS (pacs[].patientDomains, pacs[].accessionDomains) or what the RIS sends.",
    },
  },
  SOURCE_WITHHELD: {
    retry: "human",
    message: {
      fr: "L'exploitant garde cet examen hors du DMP.",
      en: "The operator keeps this exam out of the DMP.",
    },
    remedy: { fr: "Le rendre à la publication : box release.", en: "Release it for publication: box release." },
  },
  SOURCE_REPORT_DELETED: {
    retry: "never",
    message: {
      fr: "Le compte rendu a été supprimé par le RIS : plus rien à publier.",
      en: "The report was deleted by the RIS: nothing is left to publish.",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  SOURCE_NOT_FOR_DMP: {
    retry: "never",
    message: {
      fr: "Le compte rendu n'est pas destiné au DMP (DESTDMP).",
      en: "The report is not for the DMP (DESTDMP).",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  SOURCE_STUDY_NO_LONGER_NAMED: {
    retry: "never",
    message: {
      fr: "Le compte rendu a été remplacé par un autre qui ne cite plus cet examen.",
      en: "The report was replaced by another that no longer names this study.",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  SOURCE_IMAGES_GONE: {
    retry: "never",
    message: {
      fr: "Le PACS a retiré toutes les images de cet examen.",
      en: "The PACS has removed all images of this study.",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  SOURCE_IMAGES_REJECTED: {
    retry: "never",
    message: {
      fr: "Toutes les images de cet examen ont été rejetées (note de rejet du PACS).",
      en: "All images of this study were rejected (rejection note of the PACS).",
    },
    remedy: {
      fr: "Rien à faire ; l'examen reviendra avec de nouvelles images ou l'annulation du rejet.",
      en: "Nothing to do; the exam comes back with new images, or when the rejection is taken back.",
    },
  },
  SOURCE_STUDY_GONE: {
    retry: "human",
    message: {
      fr: "Le PACS ne trouve plus cet examen publié ; le manifeste reste au DMP.",
      en: "The PACS no longer finds this published study; the manifest stays in the DMP.",
    },
    remedy: {
      fr: "Vérifier le PACS. Si les images sont vraiment perdues, retirer l'examen (box withhold) ou lancer la resynchronisation.",
      en: "Check the PACS. If the images are really lost, take the exam out (box withhold) or run the resynchronisation.",
    },
  },
  SOURCE_STUDY_INCOMPLETE: {
    retry: "later",
    message: {
      fr: "Le PACS cite {listed} objets sur {announced} (PACS sans réponse : {unanswered}) : rien n'en est conclu.",
      en: "The PACS lists {listed} instances of {announced} (PACS that did not answer: {unanswered}): nothing is concluded.",
    },
    remedy: {
      fr: "Rien à faire : la DRIMbox redemande seule. Si cela dure, vérifier l'index du PACS.",
      en: "Nothing to do: the box asks again by itself. If it lasts, check the index of the PACS.",
    },
  },
  SOURCE_MOVED: {
    retry: "never",
    message: {
      fr: "L'examen change de patient ou de structure : le manifeste est retiré avant d'être publié de nouveau.",
      en: "The exam changes its patient or its structure: the manifest is withdrawn before it is published anew.",
    },
    remedy: { fr: "Rien à faire.", en: "Nothing to do." },
  },
  SOURCE_REMOVED_FROM_RECORD: {
    retry: "human",
    message: {
      fr: "Le manifeste que la DRIMbox avait publié n'est plus en vigueur au DMP : il a été supprimé ou remplacé par ailleurs.",
      en: "The manifest that the box had published is no longer in force in the DMP: it was deleted or replaced otherwise.",
    },
    remedy: {
      fr: "Demander pourquoi ; publier de nouveau (box republish) ou garder hors du DMP (box withhold).",
      en: "Ask why; publish anew (box republish) or keep it out of the DMP (box withhold).",
    },
  },
  SOURCE_WITHDRAWAL_WITHOUT_REPORT: {
    retry: "human",
    message: {
      fr: "Le manifeste doit être retiré du DMP, mais le compte rendu au nom duquel il a été publié manque.",
      en: "The manifest must be withdrawn from the DMP, but the report in whose name it was published is missing.",
    },
    remedy: {
      fr: "Renvoyer ce compte rendu ou sa suppression depuis le RIS, ou supprimer le manifeste dans le DMP.",
      en: "Send that report or its deletion from the RIS, or delete the manifest in the DMP.",
    },
  },
  SOURCE_NOTE_DISAGREES: {
    retry: "human",
    message: {
      fr: "Une note de rejet du PACS vise cet examen sous un autre patient.",
      en: "A rejection note of the PACS names this study under another patient.",
    },
    remedy: {
      fr: "Vérifier le PACS ; écarter la note fausse (box set-aside) ou faire corriger le patient.",
      en: "Check the PACS; set the wrong note aside (box set-aside) or have the patient corrected.",
    },
  },
  SOURCE_ANSWER_AWAITED: {
    retry: "later",
    message: {
      fr: "Le dernier envoi au DMP est resté sans réponse : la DRIMbox attend d'être sûre qu'il n'a pas abouti.",
      en: "The last submission to the DMP was not answered: the box waits to be sure that it had no effect.",
    },
    remedy: { fr: "Rien à faire : la DRIMbox reprend seule.", en: "Nothing to do: the box goes on by itself." },
  },
} as const satisfies Readonly<Record<string, ErrorDefinition>>;
