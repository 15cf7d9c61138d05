import { defineErrors } from "../base/index.ts";

export const sourceErrors = defineErrors("source", {
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
  SOURCE_INTERNAL: {
    retry: "later",
    message: { fr: "Erreur interne de la DRIMbox.", en: "Internal error of the box." },
    remedy: {
      fr: "La DRIMbox recommence seule ; appeler l'assistance si le défaut persiste.",
      en: "The box tries again by itself; call support if the fault persists.",
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
  SOURCE_EXAM_UNKNOWN: {
    retry: "never",
    message: { fr: "Aucun examen ne porte le numéro {exam}.", en: "No exam has the number {exam}." },
    remedy: { fr: "Lister les examens.", en: "List the exams." },
  },
  SOURCE_NOTHING_TO_RETRY: {
    retry: "never",
    message: {
      fr: "L'examen {exam} est dans l'état « {state} » : il n'y a rien à relancer.",
      en: 'Exam {exam} is in state "{state}": there is nothing to retry.',
    },
    remedy: { fr: "Lire son historique.", en: "Read its timeline." },
  },
  SOURCE_DESTINATION_PAUSED: {
    retry: "later",
    message: {
      fr: "{destination} ne répond plus ; les envois sont suspendus.",
      en: "{destination} does not answer any more; sending is paused.",
    },
    remedy: {
      fr: "Rien à faire : la DRIMbox réessaie à intervalles croissants.",
      en: "Nothing to do: the box tries again at growing intervals.",
    },
  },
  SOURCE_SENDER_INVALID: {
    retry: "human",
    message: {
      fr: "L'émetteur « {sender} » a une adresse ou un jeu de caractères illisible (hl7.senders).",
      en: 'The sender "{sender}" has an unreadable address or character set (hl7.senders).',
    },
    remedy: {
      fr: "Écrire une adresse IP ou un réseau (192.0.2.0/24), et un nom de jeu de MSH-18.",
      en: "Write an IP address or a network (192.0.2.0/24), and a name of MSH-18.",
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
  SOURCE_NOTHING_TO_DECIDE: {
    retry: "human",
    message: {
      fr: "Cette décision ({decision}) ne change rien à l'examen {exam}.",
      en: "This decision ({decision}) changes nothing in exam {exam}.",
    },
    remedy: { fr: "Relire l'examen : box exam {exam}.", en: "Read the exam again: box exam {exam}." },
  },
  SOURCE_MESSAGE_UNKNOWN: {
    retry: "human",
    message: {
      fr: "Le message {messageId} ne concerne pas cet examen.",
      en: "Message {messageId} does not concern this exam.",
    },
    remedy: { fr: "Lire la liste des messages : box exam.", en: "Read the list of messages: box exam." },
  },
});
