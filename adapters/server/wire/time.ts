/** A time as it is on the wire. */
export function timeOf(at: number): string {
  return new Date(at).toISOString()
}
