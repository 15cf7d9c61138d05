/** `node scripts/sandbox/dmp/main.ts --port 8443 --control-port 8444 --data <folder> --pki <folder>` */
import { parseArgs } from "node:util";
import { createSandboxPki } from "../pki.ts";
import { startControl } from "./control.ts";
import { startDmp } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "control-port": { type: "string", default: "0" },
    data: { type: "string" },
    pki: { type: "string" },
  },
});

const pki = await createSandboxPki(values.pki);
const dmp = await startDmp({
  port: Number(values.port),
  pki,
  ...(values.data === undefined ? {} : { dataDir: values.data }),
});
const control = await startControl(dmp, Number(values["control-port"]));
// One line of JSON: who started this process reads it to know that both ports are open, and where.
process.stdout.write(`${JSON.stringify({ url: dmp.url, control: control.url, pki: pki.dir })}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    Promise.all([dmp.stop(), control.stop()]).then(() => process.exit(0));
  });
}
