/** The national health identity (INS): its OIDs and its check key. */

/** NIR and NIA in production, NIR for tests, NIR for demonstrations (référentiel INS, CI-SIS). */
export const INS_OIDS: readonly string[] = [
  "1.2.250.1.213.1.4.8",
  "1.2.250.1.213.1.4.9",
  "1.2.250.1.213.1.4.10",
  "1.2.250.1.213.1.4.11",
];

/** The computed INS-C, withdrawn: never an identity for the national record. */
export const INS_C_OID = "1.2.250.1.213.1.4.2";

/**
 * True when the 15 characters of a matricule agree: 13 of the NIR or NIA, then the key, 97 less the number modulo 97.
 * The departments 2A and 2B of Corsica count as 19 and 18.
 */
export function isValidInsKey(matricule: string): boolean {
  if (!/^[1-8]\d{4}(?:\d\d|2[AB])\d{8}$/.test(matricule)) return false;
  const number = matricule.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return 97 - (Number(number) % 97) === Number(matricule.slice(13));
}
