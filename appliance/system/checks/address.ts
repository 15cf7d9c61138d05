import { type Check, ok } from "./check.ts";

/** Whether the published manifests bear the address at which the box is reached; `read` gives the one they bear. */
export function addressCheck(read: () => Promise<string>, publicAddress: string): Check {
  return {
    id: "address",
    async run() {
      const address = await read();
      if (address === publicAddress)
        return ok("Les manifestes portent l'adresse publique.", "Manifests bear the public address.");
      return {
        state: "warning",
        message: {
          fr: `Des manifestes publiés portent une autre adresse (${address}) que l'adresse publique.`,
          en: `Published manifests bear another address (${address}) than the public one.`,
        },
        remedy: { fr: "Les mettre à jour : box readdress.", en: "Update them: box readdress." },
      };
    },
  };
}
