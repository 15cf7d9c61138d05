/**
 * Coded errors: one typed error per cause.
 *
 * Each folder keeps its causes in one `errors.ts` with `defineErrors`; `docs/errors.md` is generated from all of them.
 */

/** What becomes of the work that met the error: tried again by itself, given up, or left to a person. */
export type Retry = "later" | "never" | "human";

/** One sentence in the two languages of the product, French first. `{name}` is replaced by `details.name`. */
export interface Sentence {
  readonly fr: string;
  readonly en: string;
}

/** One row of the error catalogue. */
export interface ErrorDefinition {
  readonly retry: Retry;
  /** What happened, for a person. */
  readonly message: Sentence;
  /** What to do about it. */
  readonly remedy: Sentence;
}

export interface FaultOptions {
  /** Where in the input: a field path such as `PID-3[2].1`, a tag, an XPath, a byte offset. Never a value. */
  readonly where?: string;
  /** Technical facts that may be logged and fill the placeholders of the message. Never an identity. */
  readonly details?: Readonly<Record<string, string | number>>;
  /** What a person must compare. May hold identities: shown to an authorised operator only, never logged. */
  readonly values?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The only error class of the product. `code` is stable and listed in `docs/errors.md`. */
export class CodedError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly definition: ErrorDefinition;
  readonly where: string | undefined;
  readonly details: Readonly<Record<string, string | number>>;
  readonly values: Readonly<Record<string, string>>;

  constructor(code: string, definition: ErrorDefinition, options: FaultOptions = {}) {
    const details = options.details ?? {};
    const where = options.where === undefined ? "" : ` (${options.where})`;
    super(fill(definition.message.en, details) + where, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "CodedError";
    this.code = code;
    this.retry = definition.retry;
    this.definition = definition;
    this.where = options.where;
    this.details = details;
    this.values = options.values ?? {};
  }

  /** The message in the asked language, placeholders filled. */
  text(language: keyof Sentence): string {
    return fill(this.definition.message[language], this.details);
  }

  /** What may be logged or sent to a metric: never `values`. */
  toJSON(): { code: string; retry: Retry; message: string; where?: string } {
    return {
      code: this.code,
      retry: this.retry,
      message: this.message,
      ...(this.where === undefined ? {} : { where: this.where }),
    };
  }
}

/** A folder's causes, and the function that makes an error of one of them. */
export interface ErrorTable<Code extends string> {
  readonly folder: string;
  readonly definitions: Readonly<Record<Code, ErrorDefinition>>;
  fault(code: Code, options?: FaultOptions): CodedError;
}

/** Declares the causes of one folder. */
export function defineErrors<const Table extends Readonly<Record<string, ErrorDefinition>>>(
  folder: string,
  definitions: Table,
): ErrorTable<Extract<keyof Table, string>> {
  return {
    folder,
    definitions,
    fault(code, options) {
      const definition = definitions[code];
      if (definition === undefined) throw new TypeError(`no error ${code} in ${folder}`);
      return new CodedError(code, definition, options);
    },
  };
}

/** Any thrown thing as a coded error: itself, or `wrap(cause)`. */
export function asCoded(error: unknown, wrap: (cause: unknown) => CodedError): CodedError {
  return error instanceof CodedError ? error : wrap(error);
}

/** The template with each `{name}` replaced by the fact of that name; one without a fact stays as it is. */
export function fill(template: string, details: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}
