/** Saving a box into a file, and restoring it. */
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { CodedError, fill } from "../../appliance/base/index.ts";
import { type Progress, type Restored, restoreBackup } from "../../appliance/system/index.ts";
import { refusal } from "../lib/local-api.ts";
import { type Command, type Context, required, UsageError } from "./command.ts";

/** The copy of a large database says nothing for minutes. */
const TIMEOUT_MS = 3600 * 1000;

type Line = {
  readonly progress?: Progress;
  readonly backup?: { readonly createdAt: string };
  readonly refusal?: Readonly<Record<string, string>>;
};

export const backupCommands: readonly Command[] = [
  {
    name: "backup",
    usage: "FICHIER --passphrase-file FICHIER | --clear",
    help: "sauvegarder la DRIMbox, chiffrée par la phrase secrète du fichier, ou en clair",
    takes: ["passphrase-file", "clear"],
    async run({ args, values, call, print }) {
      const target = resolve(required(args[0], "le fichier à écrire"));
      const passphrase = await passphraseOf(values);
      const secret = passphrase === null ? { clear: true } : { passphrase };
      let last: Line = {};
      const onLine = (line: string) => {
        last = JSON.parse(line) as Line;
        if (last.progress !== undefined) tell(last.progress);
      };
      await call("POST", "/backup", { body: { target, ...secret }, timeoutMs: TIMEOUT_MS, onLine });
      if (last.refusal !== undefined) throw refusal(last.refusal);
      if (last.backup === undefined) throw new Error("La DRIMbox s'est arrêtée avant la fin de la sauvegarde.");
      print(values.json ? JSON.stringify(last.backup, undefined, 2) : `Sauvegarde écrite : ${target}`);
    },
  },
  {
    name: "restore",
    usage: "FICHIER --passphrase-file FICHIER | --clear [--replace]",
    help: "restaurer une sauvegarde dans le dossier --data d'une DRIMbox arrêtée",
    takes: ["passphrase-file", "clear", "replace"],
    async run({ args, values, data, print }) {
      const file = resolve(required(args[0], "le fichier de la sauvegarde"));
      const passphrase = await passphraseOf(values);
      const restored = await restoreBackup({
        ...{ file, dataFolder: data, operator: userInfo().username, now: () => new Date(), onProgress: tell },
        ...(passphrase !== null && { passphrase }),
        ...(values.replace && { replace: true }),
      }).catch(inSentences);
      print(values.json ? JSON.stringify(restored, undefined, 2) : restoredLines(restored).join("\n"));
    },
  },
];

/** Null for a backup in the clear, which must be asked for. */
async function passphraseOf(values: Context["values"]): Promise<string | null> {
  const file = values["passphrase-file"];
  if ((file === undefined) === (values.clear !== true)) throw new UsageError("--passphrase-file FICHIER, ou --clear");
  return file === undefined ? null : (await readFile(file, "utf8")).replace(/\r?\n$/, "");
}

const phases: Readonly<Record<Progress["phase"], string>> = {
  copying: "copie de la base",
  checking: "vérification",
  writing: "écriture",
  reading: "lecture",
};
let told = "";

function tell({ phase, done, total }: Progress): void {
  const line = `${phases[phase]}${total > 0 ? ` ${Math.floor((done / total) * 100)} %` : ""}`;
  if (line !== told) process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  told = line;
}

function inSentences(error: unknown): never {
  if (!(error instanceof CodedError)) throw error;
  const remedy = fill(error.definition.remedy.fr, error.details);
  throw refusal({ code: error.code, message: error.text("fr"), remedy });
}

function restoredLines({ manifest, configurationFile, aside }: Restored): string[] {
  return [
    `Sauvegarde du ${new Date(manifest.createdAt).toLocaleString("fr-FR")} restaurée.`,
    `  configuration de la DRIMbox sauvegardée, à comparer : ${configurationFile}`,
    ...(aside === undefined ? [] : [`  ancienne base mise de côté : ${aside}`]),
    "Démarrer la DRIMbox, puis : box resync",
  ];
}
