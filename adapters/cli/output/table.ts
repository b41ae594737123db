import type { Screen, Style } from './screen.js'
import { fitting, plain, widthOf } from './text.js'

/** One column of a table. */
export interface Column<ROW> {
  readonly title: string
  readonly of: (row: ROW) => string
  readonly style?: (row: ROW) => Style | undefined
  readonly align?: 'right'
  /** Gives way when the terminal is too narrow. */
  readonly flexible?: true
}

const GAP = 2
const LEAST = 8

/** Rows as people read them: aligned under titles on a terminal, separated by tabs anywhere else. */
export function table<ROW>(screen: Screen, columns: readonly Column<ROW>[], rows: readonly ROW[]): string {
  const cells = rows.map(row => columns.map(({ of }) => plain(of(row))))
  if (!screen.isTerminal) return cells.map(line => line.join('\t')).join('\n')
  const widths = fitted(columns, cells, screen.width)
  const written = (texts: readonly string[], styled: (index: number, text: string) => string): string =>
    texts
      .map((text, index) => styled(index, padded(text, widths[index] ?? 0, columns[index]?.align)))
      .join('  ')
      .trimEnd()
  const titles = written(
    columns.map(({ title }) => title),
    (_index, text) => screen.style('dim', text),
  )
  const lines = rows.map((row, line) =>
    written(cells[line] ?? [], (index, text) => {
      const style = columns[index]?.style?.(row)
      return style === undefined ? text : screen.style(style, text)
    }),
  )
  return [titles, ...lines].join('\n')
}

/** Names and values, one a line; what there is nothing of is left out. */
export function sheet(screen: Screen, fields: Readonly<Record<string, string | undefined>>): string {
  const known = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  const width = Math.max(...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${screen.style('dim', name.padEnd(width))}  ${value}`).join('\n')
}

function fitted(columns: readonly Column<never>[], cells: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map(line => widthOf(line[index] ?? ''))),
  )
  let excess = widths.reduce((sum, size) => sum + size + GAP, -GAP) - width
  for (const [index, column] of columns.entries()) {
    if (excess <= 0 || column.flexible === undefined) continue
    const size = Math.max(LEAST, (widths[index] ?? 0) - excess)
    excess -= (widths[index] ?? 0) - size
    widths[index] = size
  }
  return widths
}

function padded(text: string, width: number, align: 'right' | undefined): string {
  const kept = fitting(text, width)
  const space = ' '.repeat(width - widthOf(kept))
  return align === 'right' ? space + kept : kept + space
}
