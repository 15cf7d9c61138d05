import type { ErrorDefinition } from "../../base/index.ts";

/** What messages may say that keeps their exam from being published, or themselves from being accepted. */
export const doubts = {
  SOURCE_NO_STUDY: {
    retry: "never",
    message: {
      fr: "Le compte rendu ne cite aucun examen (documentationOf/serviceEvent/id).",
      en: "The report names no study (documentationOf/serviceEvent/id).",
    },
    remedy: {
      fr: "Faire émettre par le RIS le Study Instance UID dans l'en-tête du compte rendu.",
      en: "Have the RIS put the Study Instance UID into the header of the report.",
    },
  },
  SOURCE_STUDY_UID_INVALID: {
    retry: "never",
    message: {
      fr: "Un identifiant d'examen du compte rendu n'est pas un UID DICOM.",
      en: "A study identifier of the report is not a DICOM UID.",
    },
    remedy: {
      fr: "Faire corriger par le RIS l'identifiant de serviceEvent.",
      en: "Have the RIS correct the identifier of serviceEvent.",
    },
  },
  SOURCE_INS_MISSING: {
    retry: "human",
    message: {
      fr: "Le compte rendu ne porte pas d'INS.",
      en: "The report carries no INS.",
    },
    remedy: {
      fr: "Qualifier l'identité dans le RIS, puis renvoyer le compte rendu.",
      en: "Qualify the identity in the RIS, then send the report again.",
    },
  },
  SOURCE_INS_NOT_QUALIFIED: {
    retry: "human",
    message: {
      fr: "L'identité du patient n'est pas qualifiée (PID-32 sans VALI).",
      en: "The patient's identity is not qualified (PID-32 without VALI).",
    },
    remedy: {
      fr: "Qualifier l'identité dans le RIS, puis renvoyer le compte rendu.",
      en: "Qualify the identity in the RIS, then send the report again.",
    },
  },
  SOURCE_INS_INVALID: {
    retry: "human",
    message: {
      fr: "Le matricule INS est mal formé ou sa clé est fausse.",
      en: "The INS number is malformed or its key is wrong.",
    },
    remedy: {
      fr: "Contrôler l'identité du patient dans le RIS.",
      en: "Check the patient's identity in the RIS.",
    },
  },
  SOURCE_INS_ENVIRONMENT: {
    retry: "human",
    message: {
      fr: "L'INS n'est pas du bon environnement (production ou test) : OID {oid}.",
      en: "The INS is not of the right environment (production or test): OID {oid}.",
    },
    remedy: {
      fr: "Ne pas mélanger identités de test et de production ; vérifier site.environment.",
      en: "Do not mix test and production identities; check site.environment.",
    },
  },
  SOURCE_INS_MISMATCH: {
    retry: "human",
    message: {
      fr: "L'INS du message et celle du compte rendu diffèrent.",
      en: "The INS of the message and that of the report differ.",
    },
    remedy: {
      fr: "Vérifier dans le RIS à quel patient appartient ce compte rendu.",
      en: "Check in the RIS to which patient this report belongs.",
    },
  },
  SOURCE_TRAITS_MISMATCH: {
    retry: "human",
    message: {
      fr: "Les traits du patient diffèrent entre le message et le compte rendu ({traits}).",
      en: "The patient's traits differ between the message and the report ({traits}).",
    },
    remedy: {
      fr: "Vérifier dans le RIS à quel patient appartient ce compte rendu.",
      en: "Check in the RIS to which patient this report belongs.",
    },
  },
  SOURCE_TRAITS_MISSING: {
    retry: "human",
    message: {
      fr: "Il manque au compte rendu des traits d'identité obligatoires ({traits}).",
      en: "The report lacks required identity traits ({traits}).",
    },
    remedy: {
      fr: "Compléter l'identité dans le RIS, puis renvoyer le compte rendu.",
      en: "Complete the identity in the RIS, then send the report again.",
    },
  },
  SOURCE_IPP_MISSING: {
    retry: "human",
    message: {
      fr: "Le message ne porte pas d'identifiant local (IPP) commun avec le compte rendu.",
      en: "The message carries no local identifier (IPP) in common with the report.",
    },
    remedy: {
      fr: "Faire émettre par le RIS l'IPP dans PID-3 et dans l'en-tête du compte rendu.",
      en: "Have the RIS send the IPP in PID-3 and in the header of the report.",
    },
  },
  SOURCE_IPP_AMBIGUOUS: {
    retry: "human",
    message: {
      fr: "Le message porte plusieurs identifiants locaux (IPP) possibles.",
      en: "The message carries several possible local identifiers (IPP).",
    },
    remedy: {
      fr: "Faire émettre par le RIS un seul IPP, celui du PACS.",
      en: "Have the RIS send one IPP only, that of the PACS.",
    },
  },
  SOURCE_ACCESSION_MISSING: {
    retry: "human",
    message: {
      fr: "Le compte rendu ne porte pas de numéro de demande (accession number).",
      en: "The report carries no accession number.",
    },
    remedy: {
      fr: "Faire émettre par le RIS inFulfillmentOf/order/accessionNumber.",
      en: "Have the RIS send inFulfillmentOf/order/accessionNumber.",
    },
  },
  SOURCE_DOCUMENT_TYPE_MISMATCH: {
    retry: "human",
    message: {
      fr: "Le message annonce un compte rendu d'imagerie et porte un autre type de document.",
      en: "The message announces an imaging report and carries another type of document.",
    },
    remedy: {
      fr: "Faire corriger par le RIS le type du document (OBR-4, ClinicalDocument/code).",
      en: "Have the RIS correct the type of the document (OBR-4, ClinicalDocument/code).",
    },
  },
  SOURCE_STRUCTURE_MISSING: {
    retry: "human",
    message: {
      fr: "Le compte rendu ne dit pas quelle structure l'a validé (legalAuthenticator).",
      en: "The report does not say which structure validated it (legalAuthenticator).",
    },
    remedy: {
      fr: "Faire émettre par le RIS la structure du responsable du document.",
      en: "Have the RIS send the structure of the legal authenticator.",
    },
  },
  SOURCE_STUDY_EXTENSION: {
    retry: "human",
    message: {
      fr: "L'identifiant d'examen porte une extension, que le profil interdit : l'UID n'est pas certain.",
      en: "The study identifier carries an extension, which the profile forbids: the UID is not certain.",
    },
    remedy: {
      fr: "Faire émettre par le RIS le Study Instance UID dans l'attribut root, sans extension.",
      en: "Have the RIS send the Study Instance UID in the root attribute, with no extension.",
    },
  },
  SOURCE_SECRET_CONNECTION: {
    retry: "human",
    message: {
      fr: "Le document relève d'une connexion secrète : la DRIMbox ne publie pas sans décision.",
      en: "The document is under secret connection: the box does not publish without a decision.",
    },
    remedy: {
      fr: "Décider de la publication avec le responsable du document.",
      en: "Decide on the publication with the person responsible for the document.",
    },
  },
  SOURCE_RESTRICTED: {
    retry: "human",
    message: {
      fr: "Le compte rendu est à diffusion restreinte (confidentialité {level}).",
      en: "The report is of restricted circulation (confidentiality {level}).",
    },
    remedy: {
      fr: "Ne pas partager, ou faire corriger la confidentialité par l'auteur.",
      en: "Do not share, or have the author correct the confidentiality.",
    },
  },
  SOURCE_REPORTS_DISAGREE: {
    retry: "human",
    message: {
      fr: "Deux comptes rendus citent cet examen pour des patients différents.",
      en: "Two reports name this study for different patients.",
    },
    remedy: {
      fr: "Vérifier dans le RIS et le PACS à quel patient appartient l'examen ; faire supprimer ou écarter (box set-aside) le compte rendu faux.",
      en: "Check in the RIS and the PACS to which patient the study belongs; have the wrong report deleted, or set it aside (box set-aside).",
    },
  },
  SOURCE_STRUCTURES_DIFFER: {
    retry: "human",
    message: {
      fr: "Deux comptes rendus citent cet examen pour deux structures.",
      en: "Two reports name this study for two structures.",
    },
    remedy: {
      fr: "Décider quelle structure publie l'examen ; faire corriger l'autre compte rendu.",
      en: "Decide which structure publishes the study; have the other report corrected.",
    },
  },
  SOURCE_STUDY_WITHDRAWN: {
    retry: "human",
    message: {
      fr: "La dernière version du compte rendu ne cite plus cet examen.",
      en: "The last version of the report no longer names this study.",
    },
    remedy: {
      fr: "Vérifier dans le RIS à quel compte rendu appartient l'examen, et le renvoyer.",
      en: "Check in the RIS to which report the study belongs, and send it again.",
    },
  },
  SOURCE_DOCUMENT_ID_MISMATCH: {
    retry: "human",
    message: {
      fr: "Le message annonce un autre document que celui qu'il porte (TXA-12).",
      en: "The message announces another document than the one it carries (TXA-12).",
    },
    remedy: {
      fr: "Vérifier dans le RIS quel compte rendu a été envoyé.",
      en: "Check in the RIS which report was sent.",
    },
  },
  SOURCE_PROCESSING_ID: {
    retry: "never",
    message: {
      fr: "Message d'essai ou de formation (MSH-11 = {processing}) reçu par une DRIMbox de production.",
      en: "Test or training message (MSH-11 = {processing}) received by a production box.",
    },
    remedy: {
      fr: "Envoyer les essais à une DRIMbox de test.",
      en: "Send tests to a test box.",
    },
  },
  SOURCE_ORDER_DISAGREES: {
    retry: "human",
    message: {
      fr: "La demande d'imagerie et le compte rendu ne disent pas la même chose de cet examen.",
      en: "The imaging order and the report do not say the same of this study.",
    },
    remedy: {
      fr: "Vérifier dans le RIS le patient et le numéro de demande ; écarter le message faux (box set-aside) ou le faire corriger.",
      en: "Check the patient and the accession number in the RIS; set the wrong message aside (box set-aside) or have it corrected.",
    },
  },
  SOURCE_DELETION_DISAGREES: {
    retry: "human",
    message: {
      fr: "La suppression vise un document d'un autre patient : elle n'est pas appliquée.",
      en: "The deletion names a document of another patient: it is not carried out.",
    },
    remedy: {
      fr: "Vérifier dans le RIS quel document supprimer ; écarter le message faux (box set-aside) ou renvoyer le bon.",
      en: "Check in the RIS which document to delete; set the wrong message aside (box set-aside) or send the right one.",
    },
  },
  SOURCE_NO_REPORT: {
    retry: "human",
    message: {
      fr: "La DRIMbox n'a aucun compte rendu en main pour cet examen.",
      en: "The box has no report in hand for this study.",
    },
    remedy: {
      fr: "Renvoyer le compte rendu depuis le RIS, ou retirer l'examen du DMP (box withhold).",
      en: "Send the report again from the RIS, or take the exam out of the DMP (box withhold).",
    },
  },
  SOURCE_EARLIER_MESSAGE_UNREADABLE: {
    retry: "human",
    message: {
      fr: "Un message déjà accepté sur cet examen ne peut plus être lu (message {message}, {reason}).",
      en: "A message that was accepted on this exam cannot be read any more (message {message}, {reason}).",
    },
    remedy: {
      fr: "Renvoyer ce compte rendu depuis le RIS et écarter l'ancien message (box set-aside).",
      en: "Send that report again from the RIS and set the old message aside (box set-aside).",
    },
  },
  SOURCE_DELETION_UNCERTAIN: {
    retry: "human",
    message: {
      fr: "Une suppression et un envoi du même document portent la même heure : on ne sait lequel vient après l'autre.",
      en: "A deletion and a sending of the same document bear the same time: which came after the other is not known.",
    },
    remedy: {
      fr: "Renvoyer depuis le RIS le compte rendu ou sa suppression.",
      en: "Send the report, or its deletion, again from the RIS.",
    },
  },
} as const satisfies Readonly<Record<string, ErrorDefinition>>;
