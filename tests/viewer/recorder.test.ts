/** What is kept of the visits: a flood of strangers hides nobody, and a professional sees nothing without a trace. */
import { describe, expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import type { NewAuditRecord, Store, Traces } from "../../appliance/store/index.ts";
import { viewerErrors } from "../../appliance/viewer/errors.ts";
import { createRecorder } from "../../appliance/viewer/recorder.ts";
import { people, VIEWER_ADDRESS } from "../../scripts/sandbox/psc/index.ts";
import { incoherent, LINK, logIn, QUERY, useStand } from "./stand.ts";

const stand = useStand();
const codeIn = (text: string) => /class="code">[^<]*?([A-Z]+_[A-Z_]+)</.exec(text)?.[1];

describe("the trail", () => {
  function recording() {
    const audit: NewAuditRecord[] = [];
    const store: Pick<Store, "keepTraces"> = {
      async keepTraces(traces: Traces) {
        audit.push(...(traces.audit ?? []));
      },
    };
    const recorder = createRecorder({ store, now: () => new Date(), log: silent });
    const refused = (address: string, professional?: string) =>
      recorder.opened({
        ...{ address, professional, milliseconds: 1, fault: incoherent("study") },
        reader: professional === undefined ? "unknown" : "professional",
      });
    return { audit, recorder, refused };
  }

  it("has thirty refusals of a subscriber in a minute, all of a professional's, and how many it has not", async () => {
    const { audit, recorder, refused } = recording();
    for (let number = 0; number < 100; number++) await refused(`2001:db8:1:${number % 10}::1`);
    expect(audit).toHaveLength(30);
    await refused("192.0.2.1");
    for (let number = 0; number < 100; number++) await refused("2001:db8:1::1", "8999000112301");
    expect(audit).toHaveLength(131);
    const fault = viewerErrors.fault("VIEWER_PROFESSION_REFUSED");
    await recorder.authenticated("professional-login", { address: "2001:db8:1::1", professional: "8", fault });
    expect(audit).toHaveLength(132);
    await recorder.close();
    expect(audit.at(-1)).toMatchObject({ code: "VIEWER_REFUSALS_LEFT_OUT", peer: { address: "2001:db8:1:9::1" } });
    expect(audit.at(-1)?.description).toMatch(/^70 /);
    await recorder.close();
    expect(audit).toHaveLength(133);
  });

  it("has six hundred of strangers in all", async () => {
    const { audit, recorder, refused } = recording();
    for (let number = 0; number < 1000; number++) await refused(`192.0.2.${number}`);
    expect(audit.length).toBeGreaterThanOrEqual(600);
    // The budget grows while it is used.
    expect(audit.length).toBeLessThan(700);
    await recorder.close();
    expect(audit.at(-1)?.code).toBe("VIEWER_REFUSALS_LEFT_OUT");
  });

  it("has an address that is no link, which the statistics do not count", async () => {
    const { open, browser, audit, statistics } = stand();
    await browser(await open()).visit(`${LINK}&x=y`);
    expect(audit).toMatchObject([{ event: "link-opened", code: "VIEWER_LINK_INVALID" }]);
    expect(statistics).toEqual([]);
  });
});

describe("while nothing can be recorded", () => {
  const away = { keepTraces: () => Promise.reject(new Error("the disk is full")) };

  it("nobody logs in", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open({ store: away }));
    const page = await logIn(visitor, "physician");
    expect([page.status, codeIn(page.text)]).toEqual([503, "VIEWER_NOT_RECORDED"]);
    expect((await visitor.visit(LINK)).text).toContain("Vous ouvrez ce lien en tant que");
  });

  it("a professional who is in sees nothing of an exam, and is told why", async () => {
    const { open, browser, audit } = stand();
    let full = false;
    const keepTraces = async (traces: Traces) => {
      if (full) throw new Error("the disk is full");
      audit.push(...(traces.audit ?? []));
    };
    const visitor = browser(await open({ store: { keepTraces } }));
    await logIn(visitor, "physician");
    expect(audit.at(-1)?.users).toMatchObject([{ id: people.physician.SubjectNameID }]);
    full = true;
    const page = await visitor.visit(LINK);
    expect([page.status, codeIn(page.text)]).toEqual([503, "VIEWER_NOT_RECORDED"]);
    expect(page.text).not.toContain("thorax");
    // He may leave.
    expect((await visitor.visit(`${VIEWER_ADDRESS}/logout`, { form: {} })).status).toBe(303);
  });

  it("a patient is still led to the portal", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open({ store: away }));
    expect((await visitor.visit(`${VIEWER_ADDRESS}/patient?${QUERY}`)).status).toBe(303);
  });
});
