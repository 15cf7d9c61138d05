import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
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

  /** The hour that it will be, or was. */
  const hour = (add: number) => `${String((new Date().getHours() + add + 24) % 24).padStart(2, "0")}:00`;

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
      "speedtest-pacs",
      "backup",
      "restore",
      "audit-verify",
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}box ${name}`, "m"));
    }
    expect((await box("resync", "--help")).out).toContain("--force");
    expect(await box("help")).toEqual({ out, code });
    expect(readFileSync(BOX, "utf8")).toContain("box help");
  });

  it("find an exam by the beginning of what a person has in hand", async () => {
    expect((await box("exams", "--text", one.patient.ipp)).out).toContain(one.study.studyInstanceUID);
    expect((await box("exams", "--text", "NOBODY")).out).toContain("Aucun examen");
    expect((await box("exams", "--code", "SOURCE_IPP_MISMATCH")).out).toContain("Aucun examen");
  });

  it.each(["exams", "messages", "audit"])("say of `box %s` which option is out of which bounds", async (list) => {
    for (const limit of ["9999", "0", "ten"]) {
      const { out, code } = await box(list, "--limit", limit);
      expect([code, out]).toEqual([1, expect.stringMatching(/--limit .* 1 à \d+\. \[CONSOLE_OUT_OF_BOUNDS\]/)]);
    }
    expect((await box(list, "--limit", "1")).code).toBe(0);
  });

  it("show an exam with what the record holds, why it was looked at, and its messages by their numbers", async () => {
    const { out } = await box("exam", "1");
    expect(out).toMatch(/DMP\s+au DMP/);
    expect(out).toMatch(/cause\s+compte rendu/);
    expect(out).toMatch(/1 .*compte rendu \(création\)/);
  });

  it("keep an exam out of the record, and give it back", async () => {
    expect(await box("withhold", "1")).toEqual({ code: 0, out: expect.stringContaining("gardé hors du DMP") });
    await practice.reaches(one, "closed");
    const again = await box("withhold", "1");
    expect([again.code, again.out]).toEqual([1, expect.stringContaining("SOURCE_NOTHING_TO_DECIDE")]);
    expect(await box("release", "1")).toEqual({ code: 0, out: expect.not.stringContaining("gardé hors du DMP") });
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

  it("find it bad when a job fails, is cancelled, or refuses a part, and say why", async () => {
    const failed = await box("export", join(folder, "no", "where"), "--wait");
    expect([failed.code, failed.out]).toEqual([1, expect.stringContaining("(ENOENT). [SOURCE_EXPORT_UNWRITABLE]")]);

    const { code, out } = await box("retry", "--code", "NOSUCH");
    expect([code, out]).toEqual([1, expect.stringContaining("Aucun examen n'attend avec le code NOSUCH")]);
    expect((await box("jobs")).out).not.toContain("relance");

    // Outside its hours a job waits, and can be cancelled.
    const started = await box("resync", "--during", `${hour(10)}-${hour(11)}`);
    const id = /box job (\d+)/.exec(started.out)?.[1] as string;
    const waiting = box("job", id, "--wait");
    expect((await box("cancel", id)).code).toBe(0);
    expect([(await waiting).code, (await box("job", id)).code]).toEqual([1, 1]);

    const target = join(folder, "spoilt");
    await box("export", target, "--wait");
    const file = join(target, readdirSync(target)[0] as string);
    const bytes = readFileSync(file);
    // In the content of a manifest.
    const place = bytes.indexOf("KOS_1_1") + 200;
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    writeFileSync(file, bytes);
    const spoilt = await box("import", file, "--wait");
    expect([spoilt.code, spoilt.out]).toEqual([1, expect.stringMatching(/1 refusés[\s\S]*SS00000\d .*\[XDM_/)]);
    expect(spoilt.out).not.toMatch(/\{\w+\}/);
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

  it("measure how fast a PACS sends, and show it again", async () => {
    const { studyInstanceUID } = one.study;
    expect((await box("speedtest-pacs", "--history")).out).toContain("Aucune mesure.");
    const { out, code } = await box("speedtest-pacs", "PACS 1", "--study", studyInstanceUID, "--now");
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/c-get +[\d.]+ Mbit\/s ; première image \d+ ms ; \d+ images/),
    ]);
    const history = await box("speedtest-pacs", "--history");
    expect(history.out).toContain(`PACS 1 : examen ${studyInstanceUID}`);
    const later = await box("speedtest-pacs", "--except", `${hour(-1)}-${hour(10)}`);
    expect(later.out).toContain("Le suivre : box job");
    await box("cancel", /box job (\d+)/.exec(later.out)?.[1] as string);
    expect((await box("speedtest-pacs", "NOBODY", "--now")).out).toContain("PACS_UNKNOWN");
    expect((await box("speedtest-pacs", "--way", "fax")).code).toBe(1);
  });

  it("search the audit trail, and verify it", async () => {
    expect((await box("audit", "--patient", one.patient.ins.matricule)).out).toContain("manifeste publié");
    const { out, code } = await box("audit-verify");
    expect([code, out]).toEqual([0, expect.stringContaining("chaîne intacte")]);
    expect((await box("audit", "--event", "job-started")).out).toContain("traitement lancé");
    const impossible = await box("audit", "--from", "2026-02-30");
    expect([impossible.code, impossible.out]).toEqual([1, expect.stringContaining("[AUDIT_PERIOD_INVALID]")]);
  });

  it("leave the name of who used them in the audit trail", async () => {
    await box("retry", "1");
    await box("replay", "1");
    await box("withhold", "2");
    await box("release", "2");
    for (const event of [
      "exam-retried",
      "exam-withdrawn",
      "exam-restored",
      "message-set-aside",
      "message-restored",
      "message-replayed",
      "job-started",
      "job-cancelled",
      "archive-exported",
      "archive-imported",
    ]) {
      const { records } = JSON.parse((await box("audit", "--event", event, "--json")).out) as {
        records: { users?: { id: string }[] }[];
      };
      expect([event, records.length]).not.toEqual([event, 0]);
      for (const { users } of records) expect([event, users]).toEqual([event, [{ id: userInfo().username }]]);
    }
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
