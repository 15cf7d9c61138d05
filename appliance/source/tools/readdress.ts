import { readManifest } from "../../kos/index.ts";
import type { Exam, Store } from "../../store/index.ts";
import { contentOf, isAddressed } from "../look/content.ts";
import { toolErrors } from "./errors.ts";
import type { JobKind } from "./job.ts";
import { type Outcome, type WalkOptions, walk } from "./walk.ts";

/** Fact of the installation: the address that its manifests bear. */
const ADDRESS = "manifest_address";

/** What came of exams whose manifests bear the address of before, as far as anybody knows. */
const left: readonly Outcome[] = ["waiting", "busy", "without-report"];

export interface ReaddressOptions {
  readonly store: WalkOptions["store"] & Pick<Store, "currentSubmission" | "setInstallation">;
  readonly ask: WalkOptions["ask"];
  readonly publicAddress: string;
}

/**
 * Every manifest gets the public address of today (DB.SO.31); one that has it is left alone, and nobody is asked. That it is
 * done is written down once none is left: rejects with SOURCE_READDRESS_REMAINS before.
 */
export function readdress({ store, ask, publicAddress }: ReaddressOptions): JobKind {
  const settled = async ({ id }: Exam) => {
    const current = await store.currentSubmission({ examId: id });
    return current === undefined || isAddressed(contentOf(current), publicAddress);
  };
  return async (context) => {
    await walk(context, { store, ask, event: "readdressed", settled });
    const { results } = context.job;
    const remaining = left.reduce((sum, outcome) => sum + (results[outcome] ?? 0), 0);
    if (remaining > 0) throw toolErrors.fault("SOURCE_READDRESS_REMAINS", { details: { remaining } });
    await store.setInstallation({ key: ADDRESS, value: publicAddress });
  };
}

export type AddressStore = Pick<Store, "installation" | "setInstallation" | "exams" | "currentSubmission">;

/**
 * The address that the manifests of this box bear: as it was written down, or as the newest of them says, or, where there is
 * none yet, the one of today. Until all are readdressed, those of before bear this one.
 */
export async function manifestAddress(store: AddressStore, publicAddress: string): Promise<string> {
  const known = await store.installation({ key: ADDRESS });
  if (known !== undefined) return known;
  const address = await addressOfNewest(store);
  if (address !== undefined) await store.setInstallation({ key: ADDRESS, value: address });
  return address ?? publicAddress;
}

async function addressOfNewest(store: AddressStore): Promise<string | undefined> {
  const [exam] = await store.exams({ state: "published", limit: 1 });
  const current = exam && (await store.currentSubmission({ examId: exam.id }));
  return current && addressOf(current.manifest);
}

/** The base of the addresses that a manifest bears. */
export function addressOf(manifest: Uint8Array): string | undefined {
  const [url] = readManifest(manifest).studies.flatMap(({ series }) => series.flatMap((one) => one.retrieveURL ?? []));
  return url?.replace(/\/studies\/.*$/, "");
}

/** Writes down that manifests with this address came from elsewhere, when it is not that of today. */
export async function noteAddress(
  store: Pick<Store, "setInstallation">,
  manifest: Uint8Array,
  publicAddress: string,
): Promise<void> {
  const address = addressOf(manifest);
  if (address === undefined || address === publicAddress) return;
  await store.setInstallation({ key: ADDRESS, value: address });
}
