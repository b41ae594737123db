/** How large a number is, on a scale where doubling it adds about one; the sign is kept. Not finite where the number is not. */
export function magnitudeOf(value: number): number {
  return Math.sign(value) * Math.log2(1 + Math.abs(value))
}
