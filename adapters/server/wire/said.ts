/** The fields of a request that say something: what is optional may be left out by writing null. */
export function said<T extends object>(fields: T): { readonly [KEY in keyof T]?: Exclude<T[KEY], null | undefined> } {
  const found = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(found) as { readonly [KEY in keyof T]?: Exclude<T[KEY], null | undefined> }
}
