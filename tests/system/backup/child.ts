/** A backup or a restoration in a process of its own, to be killed: `child.ts backup|restore DATA FILE CONFIG`. */
import { join } from "node:path";
import { openStore } from "../../../appliance/store/index.ts";
import { createBackup, restoreBackup } from "../../../appliance/system/index.ts";

const [action, dataFolder = "", file = "", configurationFile = ""] = process.argv.slice(2);
const now = () => new Date();
process.stdout.write("started\n");
try {
  if (action === "restore") await restoreBackup({ file, dataFolder, replace: true, now });
  else {
    const store = await openStore(join(dataFolder, "box.db"));
    const options = { store, dataFolder, configurationFile, target: file, passphrase: null, version: "1", now };
    await createBackup(options).finally(() => store.close());
  }
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code ?? error}\n`);
  process.exitCode = 1;
}
