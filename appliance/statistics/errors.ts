import { defineErrors } from "../base/index.ts";

export const statisticsErrors = defineErrors("statistics", {
  STATISTICS_PERIOD_INVALID: {
    retry: "human",
    message: { fr: "Période impossible : du {from} au {to}.", en: "No such period: {from} to {to}." },
    remedy: { fr: "Donner deux jours AAAA-MM-JJ, dans l'ordre.", en: "Give two days YYYY-MM-DD, in order." },
  },
  STATISTICS_TOO_MANY_LINES: {
    retry: "human",
    message: {
      fr: "Plus de {most} lignes : un classeur ne peut pas les contenir.",
      en: "More than {most} lines: a workbook cannot hold them.",
    },
    remedy: { fr: "Choisir une période plus courte, ou le format CSV.", en: "Choose a shorter period, or CSV." },
  },
});
