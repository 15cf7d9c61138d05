import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The folder of official and odd samples that stands beside the project in development and CI, or undefined.
 * Nothing of it is in the repository: a test that needs it skips, and says so in its title.
 */
export function sharedSamples(): string | undefined {
  const folder = fileURLToPath(new URL("../../../shared/samples", import.meta.url));
  return existsSync(folder) ? folder : undefined;
}
