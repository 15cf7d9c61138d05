import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportMessage } from "../faults/people.ts";
import { type Case, openPractice, type Practice } from "../faults/practice.ts";
import { published } from "../source/tools/support.ts";

const BOX = fileURLToPath(new URL("../../scripts/box", import.meta.url));

describe("the operator's commands", () => {
  const folder = mkdtempSync(join(tmpdir(), "operator-"));
  let practice: Practice;
  let data: string;
  let one: Case;
  let two: Case;

  beforeAll(async () => {
    practice = await openPractice();
    data = dirname(practice.site.box.addresses.api);
    [one, two] = (await published(practice, 2)) as [Case, Case];
  });
  afterAll(async () => {
    await practice[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function box(...args: string[]): Promise<{ out: string; code: number }> {
    return new Promise((resolve) => {
      execFile(BOX, ["--data", data, ...args], (error, stdout, stderr) => {
        resolve({ out: stdout + stderr, code: typeof error?.code === "number" ? error.code : 0 });
      });
    });
  }

  it("list themselves, each with its arguments", async () => {
    const { out, code } = await box("--help");
    expect(code).toBe(0);
    for (const name of [
      "resync",
      "readdress",
      "export",
      "import",
      "try",
      "replay",
      "probe-pacs",
      "backup",
      "restore",
      "audit-verify",
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}box ${name}`, "m"));
    }
    expect((await box("resync", "--help")).out).toContain("--force");
  });

  it("find an exam by the beginning of what a person has in hand", async () => {
    expect((await box("exams", "--text", one.patient.ipp)).out).toContain(one.study.studyInstanceUID);
    expect((await box("exams", "--text", "NOBODY")).out).toContain("Aucun examen");
    expect((await box("exams", "--code", "SOURCE_IPP_MISMATCH")).out).toContain("Aucun examen");
  });

  it("show an exam with what the record holds, why it was looked at, and its messages by their numbers", async () => {
    const { out } = await box("exam", "1");
    expect(out).toMatch(/DMP\s+au DMP/);
    expect(out).toMatch(/cause\s+compte rendu/);
    expect(out).toMatch(/1 .*compte rendu \(création\)/);
  });

  it("keep an exam out of the record, and give it back", async () => {
    expect((await box("withhold", "1")).code).toBe(0);
    await practice.reaches(one, "closed");
    const again = await box("withhold", "1");
    expect([again.code, again.out]).toEqual([1, expect.stringContaining("SOURCE_NOTHING_TO_DECIDE")]);
    expect((await box("release", "1")).code).toBe(0);
    await practice.reaches(one, "published");
  });

  it("set a message aside, and take it up again", async () => {
    const { messages } = await practice.exam(two);
    const message = String(messages[0]?.messageId);
    const { exam } = await practice.exam(two);
    expect((await box("set-aside", String(exam.id), message)).code).toBe(0);
    expect((await box("exam", String(exam.id))).out).toContain("écarté");
    expect((await box("take-up", String(exam.id), message)).code).toBe(0);
    await practice.reaches(two, "published");
    expect((await box("set-aside", String(exam.id))).code).toBe(2);
  });

  it("run a job, follow it to its end, and list it", async () => {
    const { out, code } = await box("resync", "--wait");
    expect([code, out]).toEqual([0, expect.stringMatching(/resynchronisation {2}terminé {2}2\/2 {2}2 inchangés/)]);
    expect((await box("jobs")).out).toContain("resynchronisation");
    expect((await box("job", "99")).out).toContain("CONSOLE_JOB_UNKNOWN");
    expect((await box("cancel", "1")).out).toContain("SOURCE_JOB_ENDED");
    expect((await box("resync", "--during", "8h-9h")).code).toBe(2);
  });

  it("export an archive and find all of it known", async () => {
    const target = join(folder, "archive");
    expect((await box("export", target, "--wait")).out).toContain("2 exportés");
    const archive = readdirSync(target)[0] as string;
    expect((await box("import", join(target, archive), "--wait")).out).toContain("2 déjà connus");
  });

  it("try a message and say what it would do", async () => {
    const file = join(folder, "message.hl7");
    writeFileSync(file, reportMessage(two.patient, [one.study], "M7"));
    const { out, code } = await box("try", file, "--pacs");
    expect(code).toBe(0);
    expect(out).toContain("Réponse : AA");
    expect(out).toContain("[SOURCE_REPORTS_DISAGREE]");
    expect(out).toContain("oui (PACS 1)");
    writeFileSync(file, "MSH|nonsense");
    expect((await box("try", file)).code).toBe(1);
  });

  it("ask the PACS what it can do", async () => {
    const { out } = await box("probe-pacs", "PACS 1", "--study", one.study.studyInstanceUID);
    expect(out).toContain("✓ Le PACS accepte la DRIMbox");
    expect((await box("probe-pacs", "NOBODY")).out).toContain("PACS_UNKNOWN");
    const sources = (await box("sources")).out;
    expect(sources).toContain("RIS  127.0.0.1");
    expect(sources).toMatch(/IPP\s+tous/);
  });

  it("search the audit trail, and verify it", async () => {
    expect((await box("audit", "--patient", one.patient.ins.matricule)).out).toContain("manifeste publié");
    const { out, code } = await box("audit-verify");
    expect([code, out]).toEqual([0, expect.stringContaining("chaîne intacte")]);
    expect((await box("audit", "--event", "job-started")).out).toContain("traitement lancé");
  });

  it("write the statistics of a period", async () => {
    const file = join(folder, "stats.csv");
    const today = new Date().toISOString().slice(0, 10);
    expect((await box("statistics", "--from", today, "--to", today, "--csv", file)).code).toBe(0);
    const lines = readFileSync(file, "utf8");
    for (const kind of ["manifest-published", "resync-checked"]) expect(lines).toContain(kind);
    expect((await box("statistics", "--from", today, "--to", "2020-01-01", "--csv", file)).out).toContain(
      "STATISTICS_PERIOD_INVALID",
    );
    expect((await box("statistics", "--csv", file)).code).toBe(2);
  });

  it("save the box while it runs, and restore it elsewhere", async () => {
    const secret = join(folder, "secret");
    writeFileSync(secret, "une phrase assez longue\n");
    const file = join(folder, "box.backup");
    expect((await box("backup", file)).code).toBe(2);
    expect((await box("backup", file, "--passphrase-file", secret)).out).toContain("Sauvegarde écrite");
    const elsewhere = join(folder, "restored");
    const wrong = await box("restore", file, "--clear", "--data", elsewhere);
    expect([wrong.code, wrong.out]).toEqual([1, expect.stringContaining("BACKUP_PASSPHRASE_NEEDED")]);
    expect((await box("restore", file, "--passphrase-file", secret, "--data", elsewhere)).code).toBe(0);
    expect(existsSync(join(elsewhere, "box.db"))).toBe(true);
    expect((await box("restore", file, "--passphrase-file", secret)).out).toContain("BACKUP_FOLDER_NOT_EMPTY");
    writeFileSync(secret, "court");
    expect((await box("backup", file, "--passphrase-file", secret)).out).toContain("BACKUP_PASSPHRASE_SHORT");
  });
});
