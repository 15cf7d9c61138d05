import { CodedError } from "../../appliance/base/index.ts";

/** The code and the place of the coded error that `work` throws; any other error goes through. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CodedError) return error.where === undefined ? error.code : `${error.code} ${error.where}`;
    throw error;
  }
  return "no error";
}
