/**
 * jetkvm/kvm#576, lf-edge/eve#1456: a machine that boots before its network lives in 1970; every certificate is "not yet
 * valid", and nobody suspects the clock.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";
import { BUILD_DATE, certificatesCheck, clockCheck } from "../../appliance/system/index.ts";
import { loadCredentials, requireValid, type StructureCredentials } from "../../appliance/trust/index.ts";
import { testCertificate } from "../support/certificates.ts";

const EPOCH = new Date(0);
const LATER = new Date(BUILD_DATE.getTime() + 30 * 86_400_000);

it("before the build date the clock is wrong, whatever was seen", async () => {
  expect(
    await clockCheck(
      async (now) => now,
      () => EPOCH,
    ).run(),
  ).toMatchObject({
    state: "error",
    remedy: { en: expect.stringContaining("NTP") },
  });
});

it("before a time already seen it is wrong too, after a restart as well; set right, the error goes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  let now = LATER;
  const state = async () => {
    const store = await openStore(join(folder, "box.db"));
    const { state } = await clockCheck(
      (present) => store.heartbeat({ now: present }),
      () => now,
    ).run();
    await store.close();
    return state;
  };
  try {
    expect(await state()).toBe("ok");
    now = new Date(LATER.getTime() - 86_400_000);
    expect(await state()).toBe("error");
    now = LATER;
    expect(await state()).toBe("ok");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("a certificate of the future is put down to the clock: on the page, and in the error of a publication", async () => {
  const files = testCertificate();
  const credentials = await loadCredentials([
    { structureId: "1750099999", kind: "EG", authentication: files, signing: files },
  ]);
  const [site] = credentials.all as [StructureCredentials];
  const { validFromDate: validFrom, validToDate: validTo } = site.signing.certificate;
  const finding = await certificatesCheck(
    () => [{ name: "SIGN", validFrom, validTo, authority: "igc-sante" }],
    () => EPOCH,
  ).run();
  expect(finding).toMatchObject({ state: "error", message: { en: expect.stringContaining("clock") } });
  expect(() => requireValid(site, EPOCH)).toThrow(
    expect.objectContaining({
      code: "TRUST_CERTIFICATE_NOT_YET_VALID",
      definition: expect.objectContaining({ remedy: expect.objectContaining({ en: expect.stringMatching(/clock/) }) }),
    }),
  );
});
