import { afterAll, afterEach, beforeAll } from "vitest";
import { createTokenGate, type TokenGate, type TokenGateOptions } from "../../appliance/identity/index.ts";
import { loadClientIdentity } from "../../appliance/trust/index.ts";
import { createSandboxPki, type SandboxIdentity, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { type Psc, SITE_CLIENT, startPsc } from "../../scripts/sandbox/psc/index.ts";

export interface Stand {
  readonly pki: SandboxPki;
  readonly psc: Psc;
  /** Moves the gates' clocks on, both or only one of them. */
  readonly clock: { time: number; ticks: number };
  /** A gate that knows itself by the site's certificate; closed after the test. */
  gate(options?: Partial<TokenGateOptions>): TokenGate;
  /** How a client presents itself by a certificate. */
  by(id: string, identity: SandboxIdentity): Promise<TokenGateOptions["client"]>;
}

/** Starts the stand-in of Pro Santé Connect for the file that calls it; it is well, and the clocks right, before each test. */
export function useStand(): () => Stand {
  let stand: Stand;
  const gates: TokenGate[] = [];
  beforeAll(async () => {
    const pki = await createSandboxPki();
    const psc = await startPsc({ pki });
    const clock = { time: 0, ticks: 0 };
    const by = async (id: string, identity: SandboxIdentity) => ({
      id,
      certificate: await loadClientIdentity(identity),
    });
    const client = await by(SITE_CLIENT, pki.structures[0].auth);
    stand = {
      pki,
      psc,
      clock,
      by,
      gate(options) {
        const gate = createTokenGate({
          issuer: psc.issuer,
          introspectionEndpoint: psc.introspectionEndpoint,
          userinfoEndpoint: psc.userinfoEndpoint,
          client,
          trustedAuthorities: pki.trust,
          clients: "any",
          clocks: { time: () => Date.now() + clock.time, ticks: () => performance.now() + clock.ticks },
          ...options,
        });
        gates.push(gate);
        return gate;
      },
    };
  });
  afterEach(async () => {
    stand.psc.recover();
    Object.assign(stand.clock, { time: 0, ticks: 0 });
    await Promise.all(gates.splice(0).map((gate) => gate.close()));
  });
  afterAll(() => stand.psc.stop());
  return () => stand;
}
