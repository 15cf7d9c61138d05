/** Made-up professionals, as Pro Santé Connect would describe them (userinfo). */

/** An entry of `SubjectRefPro.exercices`. */
interface Exercice {
  readonly codeProfession?: string;
  readonly codeCategorieProfessionnelle?: string;
  readonly codeSavoirFaire?: string;
  readonly nomDexercice: string;
  readonly prenomDexercice: string;
  readonly activities: readonly Readonly<Record<string, string>>[];
}

export interface Person {
  readonly SubjectNameID: string;
  readonly SubjectRefPro: { readonly exercices: readonly Exercice[] };
}

const tilleuls = {
  raisonSocialeSite: "Imagerie des Tilleuls",
  ancienIdentifiantDeLaStructure: "1750099999",
  codeSecteurDactivite: "SA08",
};
const confluent = {
  raisonSocialeSite: "Imagerie du Confluent",
  ancienIdentifiantDeLaStructure: "1690088888",
  codeSecteurDactivite: "SA07",
};

function person(number: string, nomDexercice: string, prenomDexercice: string, ...exercices: Partial<Exercice>[]) {
  return {
    SubjectNameID: `8999000${number}`,
    SubjectRefPro: {
      exercices: exercices.map((exercice) => ({ nomDexercice, prenomDexercice, activities: [tilleuls], ...exercice })),
    },
  };
}

const physician = { codeProfession: "10", codeCategorieProfessionnelle: "C", codeSavoirFaire: "SM54" };
const nurse = { codeProfession: "60", codeCategorieProfessionnelle: "C", codeSavoirFaire: "" };

export const people = {
  physician: person("12301", "VELIN", "Rose", physician),
  radiologist: person("12302", "CALQUE", "Odilon", { ...physician, codeSavoirFaire: "SM44" }),
  nurse: person("12303", "GAZE", "Firmin", nurse),
  /** Practises, but in no profession of health. */
  secretary: person("12304", "ONGLET", "Prudence", {}),
  /** A nurse who is a physician elsewhere. */
  both: person("12305", "TRAME", "Achille", nurse, { ...physician, activities: [confluent, tilleuls] }),
  student: person("12306", "EBAUCHE", "Lison", { ...physician, codeCategorieProfessionnelle: "E" }),
  /** Known to Pro Santé Connect, and no more than that. */
  unregistered: person("12307", "BLANC", "Ide"),
} satisfies Record<string, Person>;

export type PersonName = keyof typeof people;
