import { type Check, type Finding, ok } from "./check.ts";

const DAY_MS = 24 * 3600 * 1000;
/** IGC-Santé asks for some weeks to renew. */
const WARNING_DAYS = 45;

/** A certificate that the box uses, by the name an operator knows. */
export interface WatchedCertificate {
  readonly name: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

/** The validity of every certificate in use; the one that ends first speaks. */
export function certificatesCheck(certificates: readonly WatchedCertificate[], now: () => Date): Check {
  return {
    id: "certificates",
    async run() {
      const [first] = [...certificates].sort((a, b) => a.validTo.getTime() - b.validTo.getTime());
      const early = certificates.find((certificate) => certificate.validFrom > now());
      if (early !== undefined) return notYetValid(early);
      if (first === undefined) return ok("Aucun certificat à surveiller.", "No certificate to watch.");
      const days = Math.floor((first.validTo.getTime() - now().getTime()) / DAY_MS);
      if (days >= WARNING_DAYS) return ok(`Premier terme dans ${days} jours.`, `First one ends in ${days} days.`);
      return {
        state: days < 0 ? "error" : "warning",
        message:
          days < 0
            ? { fr: `Le certificat ${first.name} a expiré.`, en: `The certificate ${first.name} has expired.` }
            : {
                fr: `Le certificat ${first.name} expire dans ${days} jours.`,
                en: `The certificate ${first.name} expires in ${days} days.`,
              },
        remedy: {
          fr: "Demander son renouvellement sur le portail IGC-Santé.",
          en: "Ask for its renewal on the IGC-Santé portal.",
        },
      };
    },
  };
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
