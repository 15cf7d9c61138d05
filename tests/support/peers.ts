import { spawnSync } from "node:child_process";

/** True when `name` is a command on this machine: tests against a real peer skip without it, and say so. */
export function hasCommand(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}
