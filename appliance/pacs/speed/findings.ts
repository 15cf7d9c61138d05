import { type Finding, sayer } from "../finding.ts";

const SENTENCES = {
  SPEED_ENOUGH: {
    weight: "good",
    fr: "{method} : {rate} Mbit/s, le minimum de {minimum} Mbit/s est tenu ; première image en {first} ms.",
    en: "{method}: {rate} Mbit/s, the minimum of {minimum} Mbit/s is kept; first image in {first} ms.",
  },
  SPEED_TOO_LOW: {
    weight: "problem",
    fr:
      "{method} : {rate} Mbit/s, sous le minimum de {minimum} Mbit/s ; première image en {first} ms. Mesurer à nouveau hors " +
      "production ; si cela dure, vérifier la ligne entre le PACS et la DRIMbox (débit négocié, pare-feu, VPN), la charge et " +
      "les disques du PACS, puis placer en tête de retrieve (configuration du PACS) le moyen le plus rapide.",
    en:
      "{method}: {rate} Mbit/s, below the minimum of {minimum} Mbit/s; first image in {first} ms. Measure again outside " +
      "production; if it lasts, check the line between the PACS and the DRIMbox (negotiated rate, firewall, VPN), the load and " +
      "the disks of the PACS, then put the fastest way first in retrieve (configuration of the PACS).",
  },
  SPEED_UNSURE: {
    weight: "limit",
    fr:
      "{method} : {rate} Mbit/s sur {megabytes} Mo ; première image en {first} ms. C'est trop peu pour juger du débit : choisir " +
      "un examen d'au moins {least} Mo (--study).",
    en:
      "{method}: {rate} Mbit/s over {megabytes} MB; first image in {first} ms. That is too little to judge the throughput: choose " +
      "a study of {least} MB at least (--study).",
  },
  SPEED_INCOMPLETE: {
    weight: "problem",
    fr: "{method} : {received} images sur {expected} sont venues. Vérifier l'examen dans le PACS, et son journal à cette heure.",
    en: "{method}: {received} of {expected} images came. Check the study in the PACS, and its log at that time.",
  },
  SPEED_NOT_MEASURED: {
    weight: "limit",
    fr: "{method} : le débit n'a pas pu être mesuré.",
    en: "{method}: the throughput could not be measured.",
  },
  SPEED_CONVERTED: {
    weight: "limit",
    fr:
      "{method} : le PACS garde ces images en {kept} et les convertit en {sent} pour les envoyer : c'est du travail et du temps. " +
      "Lui faire envoyer les images comme il les garde, ou préférer un autre moyen.",
    en:
      "{method}: the PACS keeps these images as {kept} and converts them to {sent} to send them: that is work and time. Have it " +
      "send the images as it keeps them, or prefer another way.",
  },
  SPEED_FORMS_DIFFER: {
    weight: "limit",
    fr:
      "Les mêmes images sont venues en {one} et en {other} selon le moyen : le PACS les a converties dans un cas. Lui faire " +
      "envoyer les images comme il les garde, ou préférer le moyen le plus rapide.",
    en:
      "The same images came as {one} and as {other} depending on the way: the PACS converted them in one case. Have it send the " +
      "images as it keeps them, or prefer the fastest way.",
  },
  SPEED_COMPRESSIBLE: {
    weight: "limit",
    fr:
      "Les images sont venues sans compression ({sent}), et le PACS sait les envoyer en {form}. S'il les garde ainsi, il les a " +
      "converties : lui faire envoyer les images comme il les garde.",
    en:
      "The images came without compression ({sent}), and the PACS can send them as {form}. If it keeps them so, it has converted " +
      "them: have it send the images as it keeps them.",
  },
  SPEED_NO_WAY: {
    weight: "problem",
    fr: "Aucun moyen n'a donné ces images : lancer box probe-pacs.",
    en: "No way has given these images: run box probe-pacs.",
  },
} as const satisfies Readonly<Record<string, Omit<Finding, "code">>>;

export const speedFinding = sayer(SENTENCES);
