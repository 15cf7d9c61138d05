/** Readers with a fault in them, to see that each kind is found. */
import { defineErrors } from "../../../appliance/base/index.ts";
import { type Target, words } from "../target.ts";

const { fault } = defineErrors("planted", {
  PLANTED_REFUSED: {
    retry: "never",
    message: { fr: "Refusé.", en: "Refused." },
    remedy: { fr: "Aucun.", en: "None." },
  },
});

/** Reads anything; with an exclamation mark in it, shows its fault. */
function faulty(misbehave: () => unknown): Target {
  return {
    material: async () => ({ corpus: words("all is well with this one"), words: words("!") }),
    read: (bytes) => (bytes.includes("!") ? misbehave() : undefined),
  };
}

const kept: Buffer[] = [];

function work(ms: number): void {
  const start = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(start);
    if (user + system > ms * 1000) return;
  }
}

export const targets: Readonly<Record<string, Target>> = {
  sound: faulty(() => {
    throw fault("PLANTED_REFUSED");
  }),
  crashes: faulty(() => {
    throw new RangeError("offset out of range");
  }),
  stalls: faulty(() => work(300)),
  "stalls once": (() => {
    let first = true;
    return faulty(() => {
      if (first) work(300);
      first = false;
    });
  })(),
  "takes memory": faulty(() => Buffer.alloc(100 * 2 ** 20, 1)),
  leaks: faulty(() => kept.push(Buffer.alloc(2 ** 20, 1))),
  "never ends": faulty(() => {
    for (;;);
  }),
  "ends the process": faulty(() => {
    setImmediate(() => {
      throw new Error("thrown into the void");
    });
    return new Promise((resolve) => setTimeout(resolve, 50));
  }),
  "refuses what is right": {
    ...faulty(() => {}),
    read() {
      throw fault("PLANTED_REFUSED");
    },
  },
};
