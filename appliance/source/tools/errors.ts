import { defineErrors } from "../../base/index.ts";

/** What can go wrong with the operator's tools. */
export const toolErrors = defineErrors("source", {
  SOURCE_JOB_UNKNOWN: {
    retry: "human",
    message: { fr: "Aucun traitement ne porte le numéro {job}.", en: "No job has the number {job}." },
    remedy: { fr: "Lister les traitements : box jobs.", en: "List the jobs: box jobs." },
  },
  SOURCE_JOB_ENDED: {
    retry: "human",
    message: { fr: "Le traitement {job} est déjà terminé.", en: "Job {job} has ended already." },
    remedy: { fr: "Lire ce qu'il a fait : box job {job}.", en: "Read what it did: box job {job}." },
  },
  SOURCE_JOB_KIND_UNKNOWN: {
    retry: "human",
    message: {
      fr: "Cette version du logiciel ne connaît pas le traitement « {kind} ».",
      en: 'This version of the software does not know the job "{kind}".',
    },
    remedy: { fr: "Installer la version qui l'a lancé.", en: "Install the version that started it." },
  },
  SOURCE_RESYNC_MANY_GONE: {
    retry: "human",
    message: {
      fr: "Le PACS dit ne plus avoir {gone} examens sur {asked} : la resynchronisation s'arrête avant d'en retirer du DMP.",
      en: "The PACS says that it has {gone} of {asked} exams no more: the resynchronisation stops before more are withdrawn.",
    },
    remedy: {
      fr: "Vérifier que c'est le bon PACS et que son index est entier. Si ces examens ont vraiment été purgés : box resync --force.",
      en: "Check that it is the right PACS and that its index is whole. If those exams were really purged: box resync --force.",
    },
  },
  SOURCE_READDRESS_REMAINS: {
    retry: "human",
    message: {
      fr: "{remaining} manifestes portent peut-être encore l'ancienne adresse : leurs examens attendent, étaient occupés, ou sont importés sans compte rendu.",
      en: "{remaining} manifests may bear the old address still: their exams wait, were busy, or were imported without a report.",
    },
    remedy: {
      fr: "Traiter ces examens (box exams parked), puis relancer box readdress ; un examen importé attend un compte rendu.",
      en: "Deal with those exams (box exams parked), then run box readdress again; an imported exam waits for a report.",
    },
  },
  SOURCE_EXPORT_UNWRITABLE: {
    retry: "human",
    message: { fr: "L'archive ne peut pas être écrite ({reason}).", en: "The archive cannot be written ({reason})." },
    remedy: {
      fr: "Vérifier les droits, la place, et que le dossier qui le contient existe, puis relancer dans un dossier neuf.",
      en: "Check the rights, the space, and that the folder around it is there, then start again in a new folder.",
    },
  },
  SOURCE_EXPORT_FOLDER_INSIDE: {
    retry: "human",
    message: {
      fr: "Une archive ne s'écrit pas dans le dossier de données de la DRIMbox ({folder}).",
      en: "An archive is not written into the box's own data folder ({folder}).",
    },
    remedy: { fr: "Choisir un autre dossier.", en: "Choose another folder." },
  },
  SOURCE_EXPORT_FOLDER_USED: {
    retry: "human",
    message: {
      fr: "Le dossier contient déjà une archive ({file}) : ses mois se mêleraient à ceux de cet export.",
      en: "The folder already holds an archive ({file}): its months would mix with those of this export.",
    },
    remedy: {
      fr: "Choisir un dossier neuf ou vide, un par export.",
      en: "Choose a new or empty folder, one for each export.",
    },
  },
  SOURCE_IMPORT_INCONSISTENT: {
    retry: "never",
    message: {
      fr: "Dans cette archive, le manifeste, ses métadonnées et ses comptes rendus ne parlent pas du même objet ({what}).",
      en: "In this archive the manifest, its metadata and its reports are not about the same thing ({what}).",
    },
    remedy: {
      fr: "Rien n'est importé de ce dossier : demander une autre copie de l'archive.",
      en: "Nothing of this folder is imported: ask for another copy of the archive.",
    },
  },
  SOURCE_IMPORT_OTHER_MANIFEST: {
    retry: "human",
    message: {
      fr: "L'examen {exam} est déjà connu ici avec un autre manifeste, plus récent ou fait par cette DRIMbox : il reste tel quel.",
      en: "Exam {exam} is known here already with another manifest, which is newer or of this box's making: it stays as it is.",
    },
    remedy: {
      fr: "Comparer (box exam {exam}) ; si celui de l'archive est le bon, faire renvoyer le compte rendu par le RIS.",
      en: "Compare (box exam {exam}); if that of the archive is right, have the RIS send the report again.",
    },
  },
  SOURCE_SPEED_TEST_HOURS: {
    retry: "human",
    message: {
      fr: "De {from} à {to} la mesure gênerait le PACS en production, et serait faussée par lui.",
      en: "From {from} to {to} the measure would be in the way of production, and be spoilt by it.",
    },
    remedy: {
      fr: "La lancer après (--except {from}-{to} la fait attendre), ou tout de suite en connaissance de cause (--now).",
      en: "Start it later (--except {from}-{to} has it wait), or now all the same (--now).",
    },
  },
  SOURCE_SPEED_TEST_NO_STUDY: {
    retry: "human",
    message: {
      fr: "Le PACS {pacs} n'a pas d'examen sur lequel mesurer.",
      en: "The PACS {pacs} has no study to measure with.",
    },
    remedy: {
      fr: "Y charger l'examen de référence de l'ANS, ou donner le StudyInstanceUID d'un examen qu'il a (--study).",
      en: "Load the reference study of the ANS into it, or give the StudyInstanceUID of a study that it has (--study).",
    },
  },
  SOURCE_NO_SUCH_MESSAGE: {
    retry: "human",
    message: { fr: "Aucun message ne porte le numéro {message}.", en: "No message has the number {message}." },
    remedy: { fr: "Lister les messages : box messages.", en: "List the messages: box messages." },
  },
  SOURCE_MESSAGE_CUT: {
    retry: "human",
    message: {
      fr: "Le message {message}, refusé, était trop long pour être gardé entier.",
      en: "Message {message}, which was refused, was too long to be kept whole.",
    },
    remedy: { fr: "Le renvoyer depuis le RIS.", en: "Send it again from the RIS." },
  },
});
