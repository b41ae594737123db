/** What a terminal would obey, or show as something else than it is: controls, and marks that change the direction. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const WIDE =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Text that came from a model or a person, on one line, with what cannot be seen written out. */
export function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll(/\s+/g, ' ').replaceAll(UNSEEN, mark => `\\u{${mark.codePointAt(0)?.toString(16)}}`)
}

/** Columns that a text takes on a terminal. It holds no escape sequences. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** A text that takes no more columns than this; where it is cut, it says so. */
export function fitting(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
