/** Where those who wait are told of what was written. */
export function channelOf(schema: string): string {
  return `${schema.replaceAll('"', '')}_written`
}
