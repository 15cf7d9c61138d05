/** An archive on media; what it yields is judged in tests/fuzz/xdm.test.ts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read, submission, write } from "../../xdm/fixtures.ts";
import { type Target, words } from "../target.ts";

/** The reader wants a file: one of this process, written anew for each input. */
function inFolder() {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-xdm-"));
  return { file: join(folder, "archive.zip"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
let place: ReturnType<typeof inFolder> | undefined;

export const targets: Readonly<Record<string, Target>> = {
  "an XDM archive": {
    async material() {
      const { file, remove } = inFolder();
      await write(file, [submission(1), submission(2)]);
      const whole = readFileSync(file);
      remove();
      return {
        corpus: [whole],
        words: words("PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "IHE_XDM/", "../"),
      };
    },
    async read(bytes) {
      place ??= inFolder();
      writeFileSync(place.file, bytes);
      await read(place.file);
    },
    async end() {
      place?.remove();
    },
  },
};
