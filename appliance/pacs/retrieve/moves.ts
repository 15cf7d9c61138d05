import { fault } from "../errors.ts";
import type { Claim } from "../turns.ts";
import type { Intake } from "./intake.ts";

/** Message IDs are 16 bits wide; 0 is legal, yet some peers read it as absent (PS3.7 E.1). */
const LAST_MESSAGE_ID = 0xffff;

export interface MoveOptions {
  /** Name of the PACS that is asked. */
  readonly pacs: string;
  /** The AE title that asks: the originator that the PACS names. */
  readonly callingAETitle: string;
  /** Whether the PACS says for which request it sends. */
  readonly named: boolean;
  readonly intake: Intake;
  readonly claim: MoveClaim;
  /** Told of everything that comes. */
  readonly onProgress: () => void;
}

/** A C-MOVE under way, until it is disposed of. */
export interface Move extends MoveOptions, Disposable {
  readonly messageID: number;
  /** How many objects named this move by its message ID. */
  told: number;
}

/** What an instance that comes says of itself. */
export interface Arrival {
  readonly sopInstanceUID: string;
  readonly moveOriginatorAETitle?: string;
  readonly moveOriginatorMessageID?: number;
}

/** The moves under way, of all PACS: what comes goes to the one that asked for it, or nowhere. */
export class Moves {
  readonly #moves = new Map<number, Move>();
  #lastMessageID = 0;

  /** How many are under way. */
  get size(): number {
    return this.#moves.size;
  }

  /**
   * From now on what comes for it is taken. Its message ID is that of no other, nor of one that ended just now. The turns of a
   * PACS see to it that no claim bars another; where somebody else moves from the same PACS, such as a probe: `PACS_BUSY`.
   */
  begin(options: MoveOptions): Move {
    const { pacs, claim } = options;
    if (this.of(pacs).some((other) => other.claim.bars(claim))) {
      throw fault("PACS_BUSY", { details: { pacs, step: "C-MOVE" } });
    }
    do this.#lastMessageID = (this.#lastMessageID % LAST_MESSAGE_ID) + 1;
    while (this.#moves.has(this.#lastMessageID));
    const messageID = this.#lastMessageID;
    const end = () => void this.#moves.delete(messageID);
    const move: Move = { ...options, messageID, told: 0, [Symbol.dispose]: end };
    this.#moves.set(messageID, move);
    return move;
  }

  of(pacs: string): Move[] {
    return [...this.#moves.values()].filter((move) => move.pacs === pacs);
  }

  /**
   * The move that asked for what comes from this PACS. One that names its moves must name one that expects the instance. For the
   * others the instance tells: never do two of its moves that expect the same go on together (`MoveClaim`).
   */
  find(pacs: string, arrival: Arrival): Move | undefined {
    const moves = this.of(pacs);
    const expecting = moves.filter(({ intake }) => intake.expected.has(arrival.sopInstanceUID));
    const found = expecting.find((move) => !move.named || isNamed(move, arrival));
    if (found !== undefined && isNamed(found, arrival)) found.told += 1;
    if (found === undefined && arrival.moveOriginatorMessageID === undefined) {
      for (const { intake } of expecting) intake.unnamed = true;
    }
    if (expecting.length === 0) {
      // Whose it is that nobody expects is sure when it is named, or when only one has asked.
      const suspect = moves.length === 1 ? moves[0] : moves.find((move) => isNamed(move, arrival));
      suspect?.intake.refuse();
    }
    return found;
  }
}

/** Some leave the title of the originator out; a wrong one is somebody else's. */
function isNamed(move: Move, { moveOriginatorAETitle = "", moveOriginatorMessageID }: Arrival): boolean {
  const { callingAETitle, messageID } = move;
  return moveOriginatorMessageID === messageID && ["", callingAETitle].includes(moveOriginatorAETitle);
}

/**
 * What keeps two moves of one PACS apart. The association on which the images come is accepted before it is known for which
 * move: so all that go on together take the same syntaxes. And where the PACS does not name its moves, none expects what
 * another does.
 */
export class MoveClaim implements Claim {
  readonly #choice: string;
  readonly #named: boolean;
  readonly #sopInstanceUIDs: ReadonlySet<string>;

  constructor({ choice, expected }: Intake, named: boolean) {
    this.#choice = choice;
    this.#named = named;
    this.#sopInstanceUIDs = new Set(expected.keys());
  }

  bars(other: MoveClaim): boolean {
    if (this.#choice !== other.#choice) return true;
    return !this.#named && this.#sopInstanceUIDs.values().some((uid) => other.#sopInstanceUIDs.has(uid));
  }
}
