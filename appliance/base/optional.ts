/** `T` with its properties that may be undefined made optional, as `exactOptionalPropertyTypes` wants them. */
export type Said<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined properties: what the input does not say is absent, not undefined. */
export function said<const T extends object>(object: T): Said<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Said<T>;
}
