/** Every limit of this room, with its source. Sizes in bytes, durations in milliseconds. */

/** What we receive at most in one P-DATA-TF: the most that DCMTK sends, and the quickest of 16, 32, 64 and 128 KiB measured. */
export const DEFAULT_MAXIMUM_LENGTH = 131_072;

/** A peer that says 0 sets no limit (PS3.8 D.1); ours then applies. */
export const OWN_SEND_CAP = 131_072;

/** Item length, context identifier and message control header in front of each fragment (PS3.8 9.3.5.1, annex E). */
export const VALUE_HEADER = 6;

/** 6 bytes of PDV header and a fragment of 2, as fragments are even (PS3.8 9.3.1 and E.2): less carries nothing. */
export const MINIMUM_MAXIMUM_LENGTH = 8;

/** 128 contexts (odd identifiers of one byte, PS3.8 9.3.2.2) of 40 transfer syntaxes of 68 bytes are 350 KB. */
export const ASSOCIATE_PDU_LIMIT = 524_288;

/** Presentation contexts of one association: odd identifiers 1 to 255 (PS3.8 9.3.2.2). */
export const PRESENTATION_CONTEXT_LIMIT = 128;

/** The longest legal command set has a few hundred bytes, and lists of tags some KB (PS3.7 E). */
export const COMMAND_SET_LIMIT = 65_536;

/** Queries, answers and lists of failed instances: 10,000 failed UIDs of 65 bytes are 650 KB. */
export const IDENTIFIER_LIMIT = 1_048_576;

/** Received and not yet read by the service: above it the socket is paused. Eight PDUs: an image arrives while one is written. */
export const RECEIVE_BUFFER = 1_048_576;

export const CONNECT_TIMEOUT = 10_000;

/** ARTIM (PS3.8 9.1.5) and the wait for the answer to A-ASSOCIATE-RQ; 30 s as DCMTK and dcm4che. */
export const ASSOCIATION_TIMEOUT = 30_000;

/** A message that has begun, or a PDU that does not leave: no progress for so long aborts. */
export const NETWORK_TIMEOUT = 30_000;

/** Wait for the next response to a request. A PACS may search its archive for a while. */
export const RESPONSE_TIMEOUT = 60_000;

/** An accepted association without any request. Modalities keep one open between two images of a series. */
export const IDLE_TIMEOUT = 60_000;

export const RELEASE_TIMEOUT = 5_000;

/** After C-CANCEL: the final response should come at once; a peer that ignores it is aborted. */
export const CANCEL_TIMEOUT = 5_000;

/** Associations served at once, in all and for one address: 2 cores, and a few PACS that move in parallel. */
export const ASSOCIATIONS = 32;
export const ASSOCIATIONS_PER_ADDRESS = 16;

/** On close: how long associations may finish before they are aborted. */
export const DRAIN_TIMEOUT = 10_000;
