/** Images on disk for a while: filled once, read by many, bounded. */
export { type CacheOptions, openCache } from "./cache.ts";
export { cacheErrors } from "./errors.ts";
export type { CachedItem, EntryReader, EntryWriter, Fill, ImageCache, ItemWriter, Note, Range } from "./model.ts";
