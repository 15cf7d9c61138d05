import { expect, it } from "vitest";
import { associateWith } from "../support/dimse.ts";
import { acceptAll, item, listenParrot, readMessage, respond } from "../support/parrot.ts";

// An asynchronous operations window of 0/0 is unlimited (PS3.7 D.3.3.3); it was read as "none", and nothing was ever sent.
it("fo-dicom/fo-dicom#1597: a window of 0 operations does not stop us", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port);
  const parrot = await nest.next();
  await acceptAll(parrot, { moreUserItems: [item(0x53, Buffer.from([0, 0, 0, 0]))] });
  const association = await asked;
  const echo = association.echo();
  respond(parrot, await readMessage(parrot), 0);
  await expect(echo).resolves.toBeUndefined();
  await nest.close();
});
