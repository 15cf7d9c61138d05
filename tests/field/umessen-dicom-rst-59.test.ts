/** UMEssen/DICOM-RST#59: the boundary is a constant, and an image that holds it is cut in two. Here: random, of 128 bits. */
import { expect, it } from "vitest";
import { createMultipart, readMultipart } from "../../appliance/dicomweb/index.ts";

it("an image that holds the boundaries of other answers comes through whole", async () => {
  const former = Array.from({ length: 20 }, () => createMultipart({ type: "application/dicom" }));
  const image = Buffer.concat(former.flatMap(({ part, end }) => [Buffer.from("\r\n"), part("a/b"), end]));
  const { contentType, part, end } = createMultipart({ type: "application/dicom" });
  const sent = [part("application/dicom"), image, end];
  const images: Buffer[] = [];
  for await (const { body } of readMultipart(
    contentType,
    (async function* () {
      yield* sent;
    })(),
  )) {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    images.push(Buffer.concat(pieces));
  }
  expect(images).toEqual([image]);
});
