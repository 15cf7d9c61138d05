/** Zips that are written while they are read, of any number of files (PKWARE APPNOTE 6.3.10). */
export { type FileToZip, zip } from "./zip.ts";
