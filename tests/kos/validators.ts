import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `dciodvfy` (dicom3tools) calls an error in these bytes. */
export function iodErrors(bytes: Uint8Array): string[] {
  return complaints("dciodvfy", ["-new"], bytes).filter((line) => line.startsWith("Error"));
}

/** What `dsrdump` 3.6.7 says it cannot check: the rules of any template, the characters of any UTF-8 text. */
const ABOUT_ITSELF: ReadonlySet<string> = new Set([
  "W: Check for template constraints not yet supported",
  "W: The VR checker does not support this Specific Character Set: ISO_IR 192",
]);

/** What `dsrdump` (DCMTK) has against this structured document: every warning, error or refusal. */
export function srComplaints(bytes: Uint8Array): string[] {
  return complaints("dsrdump", [], bytes).filter((line) => /^[WEF]: /.test(line) && !ABOUT_ITSELF.has(line));
}

function complaints(command: string, options: string[], bytes: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), "kos-"));
  try {
    const file = join(folder, "manifest.dcm");
    writeFileSync(file, bytes);
    const { status, stderr, error } = spawnSync(command, [...options, file], { encoding: "utf8" });
    if (error !== undefined) throw error;
    const lines = stderr.split("\n").filter((line) => line !== "");
    return status === 0 ? lines : [...lines, `E: ${command} ended with ${status}`, `Error - exit status ${status}`];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
