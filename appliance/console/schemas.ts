import { Type } from "typebox";

/** Lines of one page at most. */
const LARGEST_PAGE = 500;

export const id = () => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** A route about one thing, by its number. */
export const oneThing = { params: Type.Object({ id: id() }) };
export interface OneThing {
  readonly Params: { readonly id: number };
}

/** Of a list, newest first: how many, and those before which. */
export const page = {
  before: Type.Optional(id()),
  limit: Type.Integer({ minimum: 1, maximum: LARGEST_PAGE, default: 50 }),
};
export interface Page {
  readonly before?: number;
  readonly limit: number;
}

export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  Type.Union(values.map((value) => Type.Literal(value)));

/** An absolute path of this machine. */
export const path = () => Type.String({ pattern: "^/[^\\u0000]*$", maxLength: 4096 });
