import { mkdir, opendir, realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { toolErrors } from "./errors.ts";

/** A month's archive, whole or not, as a medium may spell it. */
const ARCHIVE = /^KA\d{6}\.ZIP/i;

/**
 * Makes the folder of an export, or takes one that holds no archive; the folder around it must be there. Throws
 * SOURCE_EXPORT_FOLDER_INSIDE, SOURCE_EXPORT_FOLDER_USED, and the system's errors.
 */
export async function openFolder(folder: string, dataFolder: string): Promise<void> {
  const [place, own] = await Promise.all([placeOf(folder), realpath(dataFolder)]);
  if (`${place}${sep}`.startsWith(`${own}${sep}`)) {
    throw toolErrors.fault("SOURCE_EXPORT_FOLDER_INSIDE", { details: { folder } });
  }
  await mkdir(place).catch(ignoring("EEXIST"));
  for await (const { name } of await opendir(place)) {
    if (ARCHIVE.test(name)) throw toolErrors.fault("SOURCE_EXPORT_FOLDER_USED", { details: { file: name } });
  }
}

/** Where it is, or will be, links resolved. */
async function placeOf(folder: string): Promise<string> {
  const place = await realpath(folder).catch(ignoring("ENOENT"));
  return place ?? join(await realpath(dirname(folder)), basename(folder));
}

function ignoring(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
