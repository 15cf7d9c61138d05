/** fo-dicom/fo-dicom#227, Enet4/dicom-rs#350, nroduit/weasis-dicom-tools#37: the deflated syntax is a raw deflate stream. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRLittleEndian,
  readPart10,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { meaning } from "../dicom/bytes.ts";
import { hasCommand } from "../support/peers.ts";

const made = () =>
  new DataSet()
    .set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.88.59")
    .set(Tags.SOPInstanceUID, "UI", "2.25.227")
    .set(Tags.TextValue, "UT", "normal ".repeat(1000));

it.skipIf(!hasCommand("dcmconv"))("dcmconv +td is read, and kept as received (skipped when DCMTK is absent)", () => {
  const folder = mkdtempSync(join(tmpdir(), "dicom-"));
  writeFileSync(join(folder, "plain.dcm"), writePart10({ transferSyntax: ExplicitVRLittleEndian, dataSet: made() }));
  expect(spawnSync("dcmconv", ["+td", "plain.dcm", "deflated.dcm"], { cwd: folder }).status).toBe(0);
  const bytes = readFileSync(join(folder, "deflated.dcm"));
  rmSync(folder, { recursive: true });
  const read = readPart10(bytes);
  expect(read.transferSyntax).toBe(DeflatedExplicitVRLittleEndian);
  expect(meaning(read.dataSet)).toEqual(meaning(made()));
  expect(writePart10(read).equals(bytes)).toBe(true);
});

it.skipIf(!hasCommand("dcmdump"))("ours is read by dcmdump (skipped when DCMTK is absent)", () => {
  const folder = mkdtempSync(join(tmpdir(), "dicom-"));
  const file = join(folder, "ours.dcm");
  writeFileSync(file, writePart10({ transferSyntax: DeflatedExplicitVRLittleEndian, dataSet: made() }));
  const { stdout, stderr, status } = spawnSync("dcmdump", [file], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("2.25.227");
});
