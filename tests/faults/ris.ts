/** A RIS under stress: one connection, one message at a time, each sent again until it is acknowledged. */
import { setTimeout as sleep } from "node:timers/promises";
import { createMllpClient, type MllpClient } from "../../appliance/hl7/index.ts";

const ACK_TIMEOUT_MS = 3_000;
const PAUSE_MS = 60;

export class Ris {
  readonly #address: { readonly host: string; readonly port: number };
  #client: MllpClient | undefined;
  /** Sendings, repetitions included. */
  sent = 0;

  constructor(address: { readonly host: string; readonly port: number }) {
    this.#address = address;
  }

  /** Sends until AA; gives that answer. AR and a broken line are normal days, AE of a right message is an error. */
  async deliver(message: Buffer, controlId: string): Promise<string> {
    for (;;) {
      const answer = await this.#attempt(message);
      if (answer?.includes(`\rMSA|AA|${controlId}`)) return answer;
      if (answer?.includes("\rMSA|AE|")) throw new Error(answer);
      await sleep(PAUSE_MS);
    }
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async #attempt(message: Buffer): Promise<string | undefined> {
    this.sent += 1;
    this.#client ??= createMllpClient({ ...this.#address, timeoutMs: ACK_TIMEOUT_MS });
    try {
      return (await this.#client.send(message)).toString("utf8");
    } catch {
      this.#client = undefined;
      return undefined;
    }
  }
}
