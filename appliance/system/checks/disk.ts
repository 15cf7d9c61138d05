import { statfs } from "node:fs/promises";
import { type Check, ok } from "./check.ts";

/** Below this the box still takes reports, and says so. A large practice writes about 2 GB a week. */
const WARNING_BYTES = 5 * 1024 ** 3;
/** Below this a few hours of reports remain. */
const ERROR_BYTES = 512 * 1024 ** 2;

/** Room on the disk of the data folder. */
export function diskCheck(folder: string): Check {
  return {
    id: "disk",
    async run() {
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize;
      const gigabytes = (free / 1024 ** 3).toFixed(1);
      if (free >= WARNING_BYTES) return ok(`${gigabytes} Go libres.`, `${gigabytes} GB free.`);
      return {
        state: free < ERROR_BYTES ? "error" : "warning",
        message: { fr: `Il ne reste que ${gigabytes} Go.`, en: `Only ${gigabytes} GB left.` },
        remedy: { fr: "Libérer de l'espace ou agrandir le disque.", en: "Free some space or enlarge the disk." },
      };
    },
  };
}
