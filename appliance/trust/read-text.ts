import { readFile } from "node:fs/promises";
import { trustErrors } from "./errors.ts";

/** The text of a PEM file. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (cause) {
    throw trustErrors.fault("TRUST_FILE_UNREADABLE", { where: path, cause });
  }
}
