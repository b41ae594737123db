/** A client's own id of a request, as long and as plain as it may be: it stands in logs and in a header. */
const WELL_FORMED = /^[\w.:@+/=-]{1,128}$/

/** The id that a client gave its request, where it can be repeated as it is. */
export function sentId(header: string | undefined): string | undefined {
  return header !== undefined && WELL_FORMED.test(header) ? header : undefined
}
