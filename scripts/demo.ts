/**
 * The main job on an embedded sandbox, told step by step: a RIS, a PACS, a strict stand-in of the DMP and the box, all on
 * this machine and on loopback.
 *
 *   demo                        tells the story, then stays up until Ctrl-C
 *   demo --once --out FOLDER    tells it, leaves the evidence in FOLDER, exits 0 when all of it was right
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { somebodyListens } from "../appliance/system/index.ts";
import { writeEvidence } from "./story/evidence.ts";
import { scenes } from "./story/scenes.ts";
import { openStage } from "./story/stage.ts";

const { values } = parseArgs({
  options: { once: { type: "boolean", default: false }, out: { type: "string" } },
});

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build/demo");
if (await somebodyListens(join(folder, "box/box.sock"))) {
  say("Une démonstration tourne déjà : l'arrêter d'abord (Ctrl-C).");
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const started = performance.now();
const stage = await openStage(folder);
say(`DRIMbox prête en ${seconds(started)} : RIS, PACS et DMP du bac à sable sont sur cette machine.`);

let failures = 0;
for (const [index, scene] of scenes.entries()) {
  say(`\n${index + 1}. ${scene.title}`);
  try {
    for await (const step of scene.play(stage)) say(`   ✓ ${step}`);
  } catch (error) {
    failures += 1;
    say(`   ✗ ${(error as Error).message}`);
  }
}
say(
  `\n${failures === 0 ? "Tout s'est passé comme annoncé" : `${failures} scène(s) ont échoué`}, en ${seconds(started)}.`,
);
if (failures > 0) process.exitCode = 1;

if (values.out !== undefined) {
  const out = resolve(values.out);
  await writeEvidence(stage, out);
  say(`Pièces écrites dans ${out}.`);
}

if (values.once) {
  await stage.close();
} else {
  const { hl7, health } = stage.site.box.addresses;
  say(`
La DRIMbox reste en marche. Ctrl-C l'arrête.
  MLLP (RIS)       ${hl7.host}:${hl7.port}     node scripts/sandbox/ris.ts ${hl7.host} ${hl7.port}
  Santé, mesures   ${health}/health/ready   ${health}/metrics
  PACS             ${stage.pacs.aeTitle}@127.0.0.1:${stage.pacs.port}
  DMP              ${stage.site.dmp.url}
  Examens          ./scripts/box exams      ./scripts/box exam 1      ./scripts/box status`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stage.close());
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
