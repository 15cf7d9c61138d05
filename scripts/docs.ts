/**
 * Writes the reference pages that come from the code: docs/errors.md and docs/configuration.md.
 * A test compares them with what this would write: the pages cannot fall behind.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ErrorTable } from "../appliance/base/index.ts";
import { configurationSchema } from "../appliance/system/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Every error table of the product, by the folder that declares it. */
export async function errorTables(): Promise<ErrorTable<string>[]> {
  const appliance = join(root, "appliance");
  const files = readdirSync(appliance, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(^|\/)errors\.ts$/.test(file),
  );
  const modules = await Promise.all(files.sort().map((file) => import(join(appliance, file))));
  return modules.flatMap((module: Record<string, unknown>) => Object.values(module).filter(isTable));
}

function isTable(value: unknown): value is ErrorTable<string> {
  return typeof value === "object" && value !== null && "definitions" in value && "fault" in value;
}

/** docs/errors.md */
export async function errorsPage(): Promise<string> {
  const retries = { later: "réessaie seule", never: "abandonne", human: "attend une personne" };
  const lines = [
    "# Erreurs",
    "",
    "Toutes les erreurs du produit, par pièce. Page produite par `npm run docs` à partir du code.",
    "`later` : la DRIMbox réessaie seule. `never` : elle abandonne et le dit. `human` : elle attend une personne.",
  ];
  for (const table of (await errorTables()).filter(({ folder }) => folder !== "base")) {
    lines.push(
      "",
      `## ${table.folder}`,
      "",
      "| code | suite | ce qui s'est passé | que faire |",
      "| --- | --- | --- | --- |",
    );
    for (const [code, { retry, message, remedy }] of Object.entries(table.definitions)) {
      lines.push(
        `| \`${code}\` | ${retry} (${retries[retry]}) | ${message.fr}<br>*${message.en}* | ${remedy.fr}<br>*${remedy.en}* |`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

interface SchemaNode {
  readonly fr?: string;
  readonly en?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly anyOf?: readonly { readonly const?: unknown }[];
}

/** docs/configuration.md */
export function configurationPage(): string {
  const lines = [
    "# Configuration",
    "",
    "Un fichier JSON ; les chemins sont relatifs à son dossier. Page produite par `npm run docs` à partir du schéma",
    "(`appliance/system/config/schema.ts`). Tout changement demande un redémarrage.",
    "",
    "| clé | type | défaut | rôle |",
    "| --- | --- | --- | --- |",
    ...rows(configurationSchema as SchemaNode, "", true),
  ];
  return `${lines.join("\n")}\n`;
}

function rows(node: SchemaNode, path: string, required: boolean): string[] {
  const own =
    path === ""
      ? []
      : [`| \`${path}\` | ${typeOf(node)} | ${defaultOf(node, required)} | ${node.fr}<br>*${node.en}* |`];
  const inner = node.items ?? node;
  const prefix = path === "" ? "" : `${path}${node.items === undefined ? "" : "[]"}.`;
  const children = Object.entries(inner.properties ?? {}).flatMap(([name, child]) =>
    rows(child, prefix + name, inner.required?.includes(name) === true),
  );
  return [...own, ...children];
}

function typeOf(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map((option) => `\`${String(option.const)}\``).join(", ");
  return (
    { string: "texte", integer: "entier", number: "nombre", array: "liste", object: "section" }[node.type ?? ""] ?? ""
  );
}

function defaultOf(node: SchemaNode, required: boolean): string {
  if (node.type === "object") return required ? "" : "(absente)";
  if (node.default === undefined) return required ? "**obligatoire**" : "(absent)";
  return `\`${JSON.stringify(node.default)}\``;
}

if (import.meta.main) {
  writeFileSync(join(root, "docs/errors.md"), await errorsPage());
  writeFileSync(join(root, "docs/configuration.md"), configurationPage());
}
