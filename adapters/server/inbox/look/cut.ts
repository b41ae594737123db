/** Characters of a text that are shown at once. */
export const SHORT = 400
/** Characters of a text that are shown at all. */
export const LONG = 50_000

/** Whether some of a text is not shown at once. */
export function isCut(text: string): boolean {
  return text.length > SHORT
}

/** The beginning of a text. Characters come in one or two units: none is cut in two. */
export function cut(text: string, length: number): string {
  const end = /[\ud800-\udbff]/.test(text[length - 1] ?? '') ? length - 1 : length
  return text.slice(0, end)
}
