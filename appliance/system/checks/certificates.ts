import { type Check, type Finding, ok } from "./check.ts";

const DAY_MS = 24 * 3600 * 1000;
/** IGC-Santé asks for some weeks to renew; of what lives for months only, the last third is left. */
const WARNING_DAYS = 45;
const WARNING_SHARE = 1 / 3;

/** A certificate that the box uses, by the name an operator knows. */
export interface WatchedCertificate {
  readonly name: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Who renews it: IGC-Santé, or an authority of the market that every browser knows. */
  readonly authority: "igc-sante" | "market";
}

const REMEDIES: Readonly<Record<WatchedCertificate["authority"], NonNullable<Finding["remedy"]>>> = {
  "igc-sante": {
    fr: "Demander son renouvellement sur le portail IGC-Santé.",
    en: "Ask for its renewal on the IGC-Santé portal.",
  },
  market: {
    fr: "Le renouveler auprès de son autorité et remplacer ses deux fichiers : ils sont relus sans redémarrage.",
    en: "Renew it with its authority and replace its two files: they are read again without a restart.",
  },
};

/** The validity of every certificate in use when it runs; of those that need something, the one that ends first speaks. */
export function certificatesCheck(inUse: () => readonly WatchedCertificate[], now: () => Date): Check {
  return {
    id: "certificates",
    async run() {
      const certificates = [...inUse()].sort((a, b) => a.validTo.getTime() - b.validTo.getTime());
      const early = certificates.find(({ validFrom }) => validFrom > now());
      if (early !== undefined) return notYetValid(early);
      const due = certificates.find((certificate) => isDue(certificate, now()));
      if (due !== undefined) return ends(due, daysLeft(due, now()));
      const [first] = certificates;
      if (first === undefined) return ok("Aucun certificat à surveiller.", "No certificate to watch.");
      const days = daysLeft(first, now());
      return ok(`Premier terme dans ${days} jours.`, `First one ends in ${days} days.`);
    },
  };
}

function daysLeft({ validTo }: WatchedCertificate, now: Date): number {
  return Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
}

function isDue(certificate: WatchedCertificate, now: Date): boolean {
  const life = (certificate.validTo.getTime() - certificate.validFrom.getTime()) / DAY_MS;
  return daysLeft(certificate, now) < Math.min(WARNING_DAYS, life * WARNING_SHARE);
}

function ends({ name, authority }: WatchedCertificate, days: number): Finding {
  const message =
    days < 0
      ? { fr: `Le certificat ${name} a expiré.`, en: `The certificate ${name} has expired.` }
      : {
          fr: `Le certificat ${name} expire dans ${days} jours.`,
          en: `The certificate ${name} expires in ${days} days.`,
        };
  return { state: days < 0 ? "error" : "warning", message, remedy: REMEDIES[authority] };
}

function notYetValid(certificate: WatchedCertificate): Finding {
  return {
    state: "error",
    message: {
      fr: `Le certificat ${certificate.name} n'est pas encore valable : l'horloge est sans doute en retard.`,
      en: `The certificate ${certificate.name} is not valid yet: the clock is probably late.`,
    },
    remedy: { fr: "Vérifier l'heure du boîtier.", en: "Check the time of the box." },
  };
}
