/**
 * Type check, lint, tests; then the one line that counts. Arguments go to Vitest (paths, -t name).
 * A static check that fails counts as a failed test, so that the last line never says less than the exit code.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "test-report-"));
const report = join(folder, "report.json");

const checks = [run("tsc", ["--noEmit"]), run("biome", ["ci", "--log-level=error", "--error-on-warnings", "."])];
const vitest = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const tests = run("vitest", [...vitest, ...process.argv.slice(2)]);

const counts = { passed: 0, failed: 0, skipped: 0 };
try {
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, numTotalTests } = JSON.parse(
    readFileSync(report, "utf8"),
  ) as Record<string, number>;
  counts.passed = numPassedTests ?? 0;
  // A file that cannot be loaded fails without a test of its own.
  counts.failed = Math.max(numFailedTests ?? 0, numTotalTests === 0 ? (numFailedTestSuites ?? 0) : 0);
  counts.skipped = numPendingTests ?? 0;
} catch {
  counts.failed = 1;
}
rmSync(folder, { recursive: true });

for (const succeeded of checks) counts[succeeded ? "passed" : "failed"] += 1;
if (!tests && counts.failed === 0) counts.failed = 1;
process.exitCode = counts.failed === 0 ? 0 : 1;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);

function run(command: string, args: string[]): boolean {
  console.log(`> ${command}`);
  return spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0;
}
