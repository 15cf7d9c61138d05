/** Saving a box into one file and restoring it (requirement DB.SO.24). */
export { type BackupOptions, createBackup } from "./create.ts";
export { backupErrors } from "./errors.ts";
export type { Manifest as BackupManifest } from "./manifest.ts";
export type { OnProgress, Progress } from "./progress.ts";
export { type Restored, type RestoreOptions, restoreBackup } from "./restore.ts";
