import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { configurationErrors } from "./config/index.ts";

/** `sockaddr_un` holds 107 bytes of path and a zero. */
const LONGEST_SOCKET_PATH = 107;

/** Where a box keeps what is its own. */
export interface DataFolder {
  readonly database: string;
  readonly socket: string;
}

/**
 * Makes the data folder, for its owner only, and claims it: two boxes on one folder would publish twice. A socket that
 * answers has an owner, one that does not is a leftover. Rejects with CONFIG_FOLDER_UNUSABLE or CONFIG_FOLDER_IN_USE.
 */
export async function claimFolder(folder: string): Promise<DataFolder> {
  const socket = join(folder, "box.sock");
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) throw unusable(folder, "path too long");
  if (await answers(socket)) throw configurationErrors.fault("CONFIG_FOLDER_IN_USE", { details: { folder } });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rm(socket, { force: true });
  } catch (cause) {
    throw unusable(folder, (cause as NodeJS.ErrnoException).code ?? "unknown", cause);
  }
  return { database: join(folder, "box.db"), socket };
}

/** True when somebody listens on a Unix socket. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}

function unusable(folder: string, reason: string, cause?: unknown) {
  return configurationErrors.fault("CONFIG_FOLDER_UNUSABLE", { details: { folder, reason }, cause });
}
