import type { Sentence } from "../base/index.ts";
import { html } from "./html.ts";
import type { Language, LinkedExam, Opening, Viewer } from "./model.ts";
import { signedIn } from "./pages.ts";

/** Shows what the exam is made of, until the viewer of the consumer shows its images. */
export const seriesList: Viewer = {
  async show({ link, exam, professional, language }: Opening) {
    const { studyDate, description, series } = exam.study;
    const { seriesInstanceUID: wanted = "" } = link;
    const rows = series
      .filter(({ seriesInstanceUID }) => wanted === "" || seriesInstanceUID === wanted)
      .map(
        ({ modality, description: text, instances }) =>
          html`<tr><td><bdi>${modality}</bdi></td><td><bdi>${text ?? "-"}</bdi></td><td class="number">${instances.length}</td></tr>
`,
      );
    const date = dateOf(studyDate, language);
    return {
      title: description ?? words.untitled[language],
      body: html`${signedIn(professional, language)}
${date === undefined ? undefined : html`<p>${words.made[language]} ${date}</p>`}
<table>
<caption>${words.series[language]}</caption>
<thead><tr><th scope="col">${words.modality[language]}</th><th scope="col">${words.description[language]}</th>
<th scope="col" class="number">${words.images[language]}</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
<p class="note">${words.later[language]}</p>`,
    };
  },
};

/** `YYYYMMDD` in words; undefined for what is no date. */
function dateOf(date: LinkedExam["study"]["studyDate"], language: Language): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(date ?? "") ?? [];
  const instant = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(instant.getTime())) return undefined;
  return instant.toLocaleDateString(language === "fr" ? "fr-FR" : "en-GB", { dateStyle: "long", timeZone: "UTC" });
}

const words = {
  untitled: { fr: "Examen d'imagerie", en: "Imaging exam" },
  made: { fr: "Examen du", en: "Exam of" },
  series: { fr: "Séries de l'examen", en: "Series of the exam" },
  modality: { fr: "Modalité", en: "Modality" },
  description: { fr: "Description", en: "Description" },
  images: { fr: "Images", en: "Images" },
  later: {
    fr: "L'affichage des images viendra avec la visionneuse.",
    en: "The display of the images comes with the viewer.",
  },
} as const satisfies Readonly<Record<string, Sentence>>;
