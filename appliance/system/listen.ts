import { configurationErrors } from "./config/index.ts";

/** Opens a listener; a port that is taken or forbidden becomes CONFIG_CANNOT_LISTEN, which names the setting. */
export async function listening<T>(setting: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unknown";
    throw configurationErrors.fault("CONFIG_CANNOT_LISTEN", { details: { setting, reason }, cause });
  }
}
