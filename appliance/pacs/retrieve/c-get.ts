import { TransferSyntaxes } from "../../dicom/index.ts";
import { type ContextProposal, StudyRoot } from "../../dimse/index.ts";
import { contextsOf } from "../connection.ts";
import { fault } from "../errors.ts";
import { explainRetrieve } from "./explain.ts";
import { identifiersOf } from "./identifiers.ts";
import type { Told } from "./model.ts";
import { type Job, priorityOf, type Source, together, turnOf } from "./way.ts";

/**
 * C-GET (PS3.4 C.4.3): the instances come over the association that asks for them, so they are this request's and nobody
 * else's.
 */
export async function byGet(source: Source, job: Job): Promise<Told> {
  const parts: Told[] = [];
  for (const part of partsOf(source, job)) parts.push(await getPart(source, job, part));
  return together(parts);
}

/** The classes of one association, and the instances to ask for over it; all of the request when there are none. */
interface Part {
  readonly contexts: readonly ContextProposal[];
  readonly sopInstanceUIDs: readonly string[] | undefined;
}

/**
 * A context for each class expected and each syntax offered, so that the PACS need not convert. When they are more than one
 * association bears, each of several asks for the instances of some classes.
 */
function partsOf({ profile }: Source, { request, intake }: Job): Part[] {
  const room = profile.getContexts - 1;
  const any = intake.anySyntax ? TransferSyntaxes.keys() : [];
  const syntaxes = [...new Set([...intake.offer, ...any])].slice(0, room);
  const classes = [...intake.sopClassUIDs];
  const each = Math.max(1, Math.floor(room / syntaxes.length));
  const parts: Part[] = [];
  for (let first = 0; first < classes.length; first += each) {
    const some = new Set(classes.slice(first, first + each));
    const contexts = [...some].flatMap((abstractSyntax) =>
      syntaxes.map((syntax) => ({ abstractSyntax, transferSyntaxes: [syntax], scp: true })),
    );
    const ofSome = () => [...intake.expected].filter(([, uid]) => some.has(uid)).map(([uid]) => uid);
    parts.push({ contexts, sopInstanceUIDs: each < classes.length ? ofSome() : request.sopInstanceUIDs });
  }
  return parts;
}

function getPart({ address, associated }: Source, { request, intake, signal }: Job, part: Part): Promise<Told> {
  const pacs = address.name;
  const identifiers = identifiersOf(request, part.sopInstanceUIDs);
  return associated(
    [...contextsOf(StudyRoot.get), ...part.contexts],
    signal,
    async (association) => {
      if (!association.accepts(StudyRoot.get)) throw fault("PACS_REFUSED", { details: { pacs, step: "C-GET" } });
      if (!part.contexts.some(({ abstractSyntax }) => association.accepts(abstractSyntax))) {
        throw fault("PACS_SYNTAX_UNAVAILABLE", { details: { pacs, available: "?" } });
      }
      const parts: Told[] = [];
      for (const identifier of identifiers) {
        const got = association.get({
          sopClassUID: StudyRoot.get,
          identifier,
          priority: priorityOf(request),
          signal,
          store: (instance, data) => intake.take(instance, data),
        });
        parts.push(await got.catch((error: unknown) => Promise.reject(explainRetrieve(error, pacs, "C-GET"))));
      }
      return together(parts);
    },
    turnOf(request),
  );
}
