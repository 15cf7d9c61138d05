import { defineErrors } from "../base/index.ts";

export const consoleErrors = defineErrors("console", {
  CONSOLE_BAD_REQUEST: {
    retry: "never",
    message: { fr: "La demande est mal formée.", en: "The request is malformed." },
    remedy: { fr: "Relire l'aide de la commande.", en: "Read the help of the command." },
  },
  CONSOLE_OUT_OF_BOUNDS: {
    retry: "never",
    message: {
      fr: "--{option} veut un nombre entier de {least} à {most}.",
      en: "--{option} takes a whole number from {least} to {most}.",
    },
    remedy: { fr: "Choisir une valeur dans ces bornes.", en: "Choose a value within these bounds." },
  },
  CONSOLE_INTERNAL: {
    retry: "later",
    message: { fr: "Erreur interne de la DRIMbox.", en: "Internal error of the box." },
    remedy: { fr: "Lire le journal technique.", en: "Read the technical log." },
  },
  CONSOLE_EXAM_UNKNOWN: {
    retry: "never",
    message: { fr: "Aucun examen ne porte le numéro {exam}.", en: "No exam has the number {exam}." },
    remedy: { fr: "Lister les examens : box exams.", en: "List the exams: box exams." },
  },
  CONSOLE_NO_MANIFEST: {
    retry: "never",
    message: { fr: "L'examen {exam} n'a pas encore de manifeste.", en: "Exam {exam} has no manifest yet." },
    remedy: { fr: "Lire son historique : box exam {exam}.", en: "Read its timeline: box exam {exam}." },
  },
  CONSOLE_JOB_UNKNOWN: {
    retry: "never",
    message: { fr: "Aucun traitement ne porte le numéro {job}.", en: "No job has the number {job}." },
    remedy: { fr: "Lister les traitements : box jobs.", en: "List the jobs: box jobs." },
  },
});
