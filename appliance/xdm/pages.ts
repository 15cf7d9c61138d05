import { element } from "../xds/index.ts";
import { archiveName, INDEX, README, ROOT } from "./layout.ts";
import type { ArchiveFacts } from "./model.ts";

/** A folder of an archive and the names of its files. */
export interface Listed {
  readonly folder: string;
  readonly files: readonly string[];
}

/** README.TXT (ITI TF-2 3.32.4.1.2.2): who made the archive, with what, and how it is laid out. */
export function readmePage({ site, software, ...month }: ArchiveFacts): string {
  const lines = [
    `Archive ${archiveName(month)} : références d'objets d'imagerie publiées au DMP`,
    "",
    "Émetteur :",
    `    . Organisme : ${site.name} (${site.identifier})`,
    ...(site.contact === undefined ? [] : [`    . Contact : ${site.contact}`]),
    "",
    "Application de l'émetteur :",
    `    . Nom : ${software.name}`,
    `    . Version : ${software.version}`,
    `    . Éditeur : ${software.manufacturer}`,
    "",
    "Instructions :",
    "    . Archive de santé confidentielle : à importer dans une DRIMbox, à conserver sur un support protégé.",
    "",
    "Arborescence :",
    `    ${README}`,
    `    ${INDEX}`,
    `    ${ROOT}`,
    "         SSnnnnnn            un dossier par lot de soumission",
    "              METADATA.XML   métadonnées XDS du lot",
    "              KOS_1_n.DCM    manifeste (DICOM KOS)",
    "              SIGN_1.XML     signature du lot",
    "              CR.TXT         comptes rendus d'origine",
  ];
  return lines.map((line) => `${line.replace(/[\r\n]+/g, " ")}\r\n`).join("");
}

/** INDEX.HTM (XHTML Basic): the same for a browser, with a link to every file. It names no patient. */
export function indexPage({ site, software, ...month }: ArchiveFacts, listed: readonly Listed[]): string {
  const title = `Archive ${archiveName(month)}`;
  const link = (href: string, text: string) => element("a", { href }, text);
  const page = element(
    "html",
    { xmlns: "http://www.w3.org/1999/xhtml", "xml:lang": "fr" },
    element(
      "head",
      {},
      element("meta", { "http-equiv": "Content-Type", content: "text/html; charset=UTF-8" }),
      element("title", {}, title),
    ),
    element(
      "body",
      {},
      element("h1", {}, title),
      element("p", {}, `Émetteur : ${site.name} (${site.identifier})`),
      element("p", {}, `Application : ${software.name} ${software.version}, ${software.manufacturer}`),
      element("p", {}, "Voir le fichier ", link(README, README)),
      element("h2", {}, `Lots de soumission (${listed.length})`),
      listed.map(({ folder, files }) =>
        element(
          "p",
          {},
          `${folder} :`,
          files.map((file) => [" ", link(`${ROOT}/${folder}/${file}`, file)]),
        ),
      ),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${DOCTYPE}\n${page.xml}`;
}

const DOCTYPE =
  '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.0//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic10.dtd">';
