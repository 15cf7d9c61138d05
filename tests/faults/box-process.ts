/** The box as its own process, the way it runs on a site, so that it can be killed. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../appliance/main.ts", import.meta.url));

export interface LogLine {
  readonly msg: string;
  readonly event?: string;
}

export class BoxProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<unknown>;
  /** Called for each line of the log. */
  onLine: (line: LogLine) => void = () => {};
  /** The log, as it came on standard output. */
  output = "";
  /** What it wrote on standard error: nothing, when all is well. */
  complaints = "";

  /** `launcher` is a command that ends by running the one that follows it. */
  constructor(configuration: string, launcher: readonly string[] = []) {
    const [command = process.execPath, ...args] = [...launcher, process.execPath, MAIN, "--config", configuration];
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#exit = once(this.#child, "exit");
    let rest = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.onLine(JSON.parse(line) as LogLine);
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.complaints += text;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** True until it has ended, by itself or not. */
  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends SIGKILL at once: nothing of it runs after this call but what the kernel had begun. */
  strike(): void {
    this.#child.kill("SIGKILL");
  }

  /** Sends `signal` and gives how it ended: an exit code, or the signal that ended it. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
    this.#child.kill(signal);
    await this.#exit;
    return String(this.#child.signalCode ?? this.#child.exitCode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
