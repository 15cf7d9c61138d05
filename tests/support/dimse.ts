import {
  type AssociationOptions,
  acceptFrom,
  createServer,
  type DicomServer,
  type Handlers,
  PatientRoot,
  requestAssociation,
  type ServerOptions,
  StudyRoot,
  Verification,
} from "../../appliance/dimse/index.ts";

export const IMPLICIT = "1.2.840.10008.1.2";
export const EXPLICIT = "1.2.840.10008.1.2.1";
export const CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
export const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

const uncompressed = [EXPLICIT, IMPLICIT];

/** What the nodes of the tests accept: the services, and two storage classes, uncompressed. */
export const acceptCommon = acceptFrom(
  new Map([
    [Verification, uncompressed],
    [CT_IMAGE, uncompressed],
    [SECONDARY_CAPTURE, uncompressed],
    ...[StudyRoot, PatientRoot].flatMap((root) => Object.values(root).map((uid) => [uid, uncompressed] as const)),
  ]),
);

/** A node of ours on a free port of 127.0.0.1, open to anyone unless the options say otherwise. */
export async function startNode(
  handlers: Handlers,
  options: Partial<ServerOptions> = {},
): Promise<{ readonly server: DicomServer; readonly port: number; readonly host: string }> {
  const server = createServer({
    aeTitles: "any",
    allow: { callingAETitles: "any", addresses: "any" },
    acceptContext: acceptCommon,
    handlers,
    ...options,
  });
  return { server, ...(await server.listen(0, "127.0.0.1")) };
}

/** An association from CALLING to CALLED that proposes one context for each SOP class given. */
export function associateWith(
  port: number,
  abstractSyntaxes: readonly string[] = [Verification],
  options: Partial<AssociationOptions> = {},
) {
  return requestAssociation({
    host: "127.0.0.1",
    port,
    callingAETitle: "CALLING",
    calledAETitle: "CALLED",
    presentationContexts: abstractSyntaxes.map((abstractSyntax) => ({
      abstractSyntax,
      transferSyntaxes: [IMPLICIT],
    })),
    ...options,
  });
}

/** Waits until a condition holds, for at most five seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("it never happened");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
