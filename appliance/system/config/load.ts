import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { TLocalizedValidationError } from "typebox/error";
import { Value } from "typebox/value";
import { configurationErrors } from "./errors.ts";
import { type Configuration, configurationSchema } from "./schema.ts";

/** Problems named in one refusal: enough to correct a file in one go. */
const PROBLEMS_SHOWN = 10;

/**
 * Reads a configuration file (JSON). Paths in it are relative to its own folder.
 * Rejects with CONFIG_UNREADABLE, or CONFIG_INVALID naming every wrong value by its path.
 */
export async function loadConfiguration(path: string): Promise<Configuration> {
  let input: unknown;
  try {
    input = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "JSON";
    throw configurationErrors.fault("CONFIG_UNREADABLE", { where: path, details: { reason }, cause });
  }
  return withAbsolutePaths(parseConfiguration(input), dirname(resolve(path)));
}

/** Fills the defaults of a configuration and checks it whole. Throws CONFIG_INVALID. */
export function parseConfiguration(input: unknown): Configuration {
  const filled = Value.Default(configurationSchema, Value.Clone(input));
  const problems = Value.Errors(configurationSchema, filled).map(sentence);
  if (problems.length === 0) {
    const { site, viewer, images } = filled as Configuration;
    if (!isTimeZone(site.timeZone)) problems.push("site.timeZone: unknown time zone");
    if (viewer !== undefined && images === undefined) problems.push("viewer: needs images.identity");
  }
  if (problems.length > 0) {
    const named = [...new Set(problems)].slice(0, PROBLEMS_SHOWN).join("; ");
    throw configurationErrors.fault("CONFIG_INVALID", { details: { problems: named } });
  }
  return filled as Configuration;
}

function sentence(error: TLocalizedValidationError): string {
  const path = error.instancePath.slice(1).replaceAll("/", ".");
  return `${path === "" ? "(root)" : path}: ${error.message}`;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Every value whose name ends in `File` or `Folder`, made absolute. */
function withAbsolutePaths<T>(value: T, base: string): T {
  if (Array.isArray(value)) return value.map((item) => withAbsolutePaths(item, base)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === "string" && /(File|Folder)$/.test(name) ? resolve(base, inner) : withAbsolutePaths(inner, base),
    ]),
  ) as T;
}
