import {
  type Association,
  type ContextProposal,
  type Destination,
  type MoveOriginator,
  type OutgoingInstance,
  requestAssociation,
} from "../../../appliance/dimse/index.ts";

interface Line {
  readonly association: Association;
  /** The end of what is on its way: one at a time. */
  last: Promise<unknown>;
}

/**
 * The associations that all moves to one destination share: each instance goes over the next one, whatever move it is of. They
 * end when nothing is left to send.
 */
export class SharedAssociations {
  readonly #destination: Destination;
  readonly #callingAETitle: string;
  readonly #count: number;
  readonly #lines: (Promise<Line> | undefined)[] = [];
  #turn = 0;
  #sending = 0;

  constructor(destination: Destination, callingAETitle: string, count: number) {
    this.#destination = destination;
    this.#callingAETitle = callingAETitle;
    this.#count = count;
  }

  /** Sends one and gives the status; `all` are the instances for which an association is opened when there is none. */
  async store(
    instance: OutgoingInstance,
    all: readonly OutgoingInstance[],
    moveOriginator: MoveOriginator | undefined,
  ): Promise<number> {
    this.#sending += 1;
    this.#turn = (this.#turn + 1) % this.#count;
    const place = this.#turn;
    try {
      const line = await this.#line(place, instance, all);
      const { sopClassUID, sopInstanceUID } = instance;
      const syntaxes = [instance.transferSyntax, ...(instance.alsoIn ?? [])];
      const transferSyntax = syntaxes.find((uid) => line.association.accepts(sopClassUID, uid)) ?? syntaxes[0] ?? "";
      const sent = line.last.then(() =>
        line.association.store({
          sopClassUID,
          sopInstanceUID,
          transferSyntax,
          data: instance.open(transferSyntax),
          ...(moveOriginator !== undefined && { moveOriginator }),
        }),
      );
      line.last = sent.catch(() => {});
      return (await sent).status;
    } finally {
      this.#sending -= 1;
      if (this.#sending === 0) await this.end();
    }
  }

  async end(): Promise<void> {
    const lines = this.#lines.splice(0);
    await Promise.all(lines.map(async (line) => (await line?.catch(() => undefined))?.association.release()));
  }

  /** The association of that place; a new one when it does not take the instance. */
  async #line(place: number, instance: OutgoingInstance, all: readonly OutgoingInstance[]): Promise<Line> {
    const present = await this.#lines[place]?.catch(() => undefined);
    if (present !== undefined && !present.association.ended && present.association.accepts(instance.sopClassUID)) {
      return present;
    }
    const opened = this.#open(all);
    this.#lines[place] = opened;
    return opened;
  }

  async #open(all: readonly OutgoingInstance[]): Promise<Line> {
    const proposals = new Map<string, ContextProposal>();
    for (const { sopClassUID, transferSyntax, alsoIn = [] } of all) {
      for (const syntax of [transferSyntax, ...alsoIn]) {
        proposals.set(`${sopClassUID} ${syntax}`, { abstractSyntax: sopClassUID, transferSyntaxes: [syntax] });
      }
    }
    const { host, port, aeTitle } = this.#destination;
    const association = await requestAssociation({
      host,
      port,
      calledAETitle: aeTitle,
      callingAETitle: this.#callingAETitle,
      presentationContexts: [...proposals.values()],
    });
    return { association, last: Promise.resolve() };
  }
}
