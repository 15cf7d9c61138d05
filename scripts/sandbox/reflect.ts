/**
 * `@peculiar/x509` loads an injection container that asks for the metadata half of `Reflect`, and lives well with
 * "there is none": no class it builds has a decorated constructor parameter. Imported before it, for effect.
 */
const none = (): undefined => undefined;

if (!("getMetadata" in Reflect)) Object.assign(Reflect, { getMetadata: none, getOwnMetadata: none });
