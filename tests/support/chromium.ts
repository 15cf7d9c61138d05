import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;

interface Message {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A real browser, driven by the DevTools protocol: one window, without a screen. */
export class Chromium implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #last = 0;

  private constructor(process: ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    });
  }

  /** @param hosts `name 127.0.0.1:port` each: where the names of hosts lead. Certificates are believed unseen. */
  static async start(hosts: readonly string[]): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), "chromium-"));
    const child = spawn(
      "chromium",
      [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--remote-debugging-port=0"],
        ...[`--user-data-dir=${folder}`, `--host-resolver-rules=${hosts.map((host) => `MAP ${host}`).join(", ")}`],
        "--accept-lang=fr",
        "about:blank",
      ],
      { stdio: "ignore" },
    );
    const port = await eventually(() => readFileSync(join(folder, "DevToolsActivePort"), "utf8").split("\n")[0]);
    const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(pages.find(({ type }) => type === "page")?.webSocketDebuggerUrl ?? "");
    await once(socket, "open");
    return new Chromium(child, folder, socket);
  }

  async goTo(address: string): Promise<void> {
    await this.#call("Page.navigate", { url: address });
  }

  /** What an expression gives in the page, once it gives something true. */
  until<Result>(expression: string): Promise<Result> {
    return eventually(async () => {
      const parameters = { expression: `document.readyState === "complete" && (${expression})`, returnByValue: true };
      const { result } = await this.#call("Runtime.evaluate", parameters);
      return (result as { value?: Result } | undefined)?.value || undefined;
    });
  }

  /** Clicks on the first element of that selector. */
  async click(selector: string): Promise<void> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    await this.until(`${element} !== null`);
    await this.#call("Runtime.evaluate", { expression: `${element}.click()` });
  }

  async screenshot(file: string, width: number, height: number): Promise<void> {
    await this.#call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    const { data } = await this.#call("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(String(data), "base64"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#process.kill();
    if (this.#process.exitCode === null) await once(this.#process, "exit");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #call(method: string, parameters: object): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#last;
    const answered = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params: parameters }));
    const { result = {}, error } = await answered;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

/** What `look` gives, once it gives something. */
async function eventually<Result>(look: () => Result | undefined | Promise<Result | undefined>): Promise<Result> {
  let problem: unknown;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(PAUSE_MS)) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      problem = error;
    }
  }
  throw new Error("nothing came of it", { cause: problem });
}
