/** A disk that fills up: nothing is acknowledged that is not kept, and all goes on when there is room again. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { sendMllp } from "../../appliance/hl7/index.ts";
import { freePort } from "../support/dicom-peers.ts";
import { BoxProcess } from "./box-process.ts";
import { images, reportMessage } from "./people.ts";
import { type Case, eventually, manifestsOf, openPractice } from "./practice.ts";

/** A file system of its own in memory, in a name space of its own: no privilege is needed, and it ends with the process. */
const mounting = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"];
const possible = spawnSync(mounting[0] as string, [...mounting.slice(1), "mount -t tmpfs tmpfs /tmp"]).status === 0;

const DISK = "6m";
const BALLAST = "3M";
/** Far more than the disk holds. */
const MOST_REPORTS = 300;

describe.skipIf(!possible)("a full disk (skipped where unshare may not mount)", () => {
  it("is told by AR; what was acknowledged is published, the rest when it is sent again", async () => {
    const [port, administration] = [await freePort(), await freePort()];
    await using practice = await openPractice({
      settings: { hl7: { port }, administration: { port: administration } },
    });
    await practice.release();
    const data = join(dirname(practice.configuration), "box");
    const mount = `mount -t tmpfs -o size=${DISK} tmpfs ${data} && head -c ${BALLAST} /dev/zero > ${data}/ballast && exec "$@"`;
    await using box = new BoxProcess(practice.configuration, [...mounting, mount, "box"]);
    await eventually(() => !box.running || box.output.includes('"box started"'), "the box starts");
    expect(box.running, box.complaints).toBe(true);

    const send = async ({ patient, study, name }: Case) =>
      (await sendMllp({ host: "127.0.0.1", port }, reportMessage(patient, [study], name))).toString();
    const accepted: Case[] = [];
    let refused: Case | undefined;
    while (refused === undefined && accepted.length < MOST_REPORTS) {
      const one = practice.newCase();
      practice.pacs.add(images(one.patient, one.study));
      const ack = await send(one);
      if (ack.includes(`\rMSA|AA|${one.name}\r`)) accepted.push(one);
      else {
        expect(ack).toMatch(new RegExp(`\\rMSA\\|AR\\|${one.name}\\rERR\\|.*STORE_FULL`));
        refused = one;
      }
    }
    expect(refused).toBeDefined();
    const ready = await fetch(`http://127.0.0.1:${administration}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { state: "error" }]);

    rmSync(join("/proc", String(box.pid), "root", data, "ballast"));
    expect(await send(refused as Case)).toContain("\rMSA|AA|");
    const all = [...accepted, refused as Case];
    const missing = () => all.filter(({ study }) => manifestsOf(practice.site.dmp, study).length === 0);
    await eventually(() => missing().length === 0, "all are published");
    expect(practice.site.dmp.documents().filter(({ kind }) => kind === "manifest")).toHaveLength(all.length);
    expect([await box.end("SIGTERM"), box.complaints]).toEqual(["0", ""]);
  });
});
