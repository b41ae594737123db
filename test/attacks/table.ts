import type { Attack, Effect, Ending, NotApplicable } from './attack.ts'
import type { Framework } from './play.ts'
import type { Side } from './world.ts'

/** Around the table, wherever it is printed. */
export const MARKERS = ['<!-- npm run attacks -->', '<!-- end of npm run attacks -->'] as const

const HEAD = ['attack', 'AI SDK', 'AI SDK + countersign', 'LangChain', 'LangChain + countersign']

/** How an attack ended on one side; or why there is nothing to tell. */
export type EndingOf = (attack: Attack, framework: Framework, side: Side) => Ending | NotApplicable

/** The table in Markdown, padded as a formatter would, between its markers. What should not have happened is bold. */
export function tableOf(attacks: readonly Attack[], endingOf: EndingOf): string {
  const rows = attacks.map(attack => [
    attack.title,
    bareCell(attack, 'aiSdk', endingOf),
    oursCell(attack, 'aiSdk', endingOf),
    bareCell(attack, 'langchain', endingOf),
    oursCell(attack, 'langchain', endingOf),
  ])
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = line(widths.map(width => '-'.repeat(width)))
  return [MARKERS[0], '', line(HEAD), rule, ...rows.map(line), '', MARKERS[1]].join('\n')
}

function bareCell(attack: Attack, framework: Framework, endingOf: EndingOf): string {
  const bare = cellOf(attack, framework, endingOf(attack, framework, 'bare'))
  if (framework === 'langchain') return bare
  const signed = cellOf(attack, framework, endingOf(attack, framework, 'signed'))
  return signed === bare ? bare : `${bare}; with the HMAC secret ${signed}`
}

/** The stores should not differ; where they do, the table says so. */
function oursCell(attack: Attack, framework: Framework, endingOf: EndingOf): string {
  const sqlite = cellOf(attack, framework, endingOf(attack, framework, 'sqlite'))
  if (attack.takesProcesses) return sqlite
  const memory = cellOf(attack, framework, endingOf(attack, framework, 'memory'))
  return memory === sqlite ? sqlite : `memory: ${memory}; SQLite: ${sqlite}`
}

function cellOf(attack: Attack, framework: Framework, ending: Ending | NotApplicable): string {
  const column = attack[framework]
  if ('because' in ending) return `n/a: ${ending.because}`
  const right = 'ours' in column ? column.ours.ran : []
  const words = wordsFor(ending.ran, right)
  return isSame(ending.ran, right) ? words : `**${words}**`
}

function wordsFor(ran: readonly Effect[], right: readonly Effect[]): string {
  if (ran.length === 0) return right.length === 0 ? 'refused' : 'nothing ran'
  if (right.length > 1) return isSame(ran, right) ? 'each ran once' : `${right.length} calls ran ${ran.length}×`
  return ran.length === 1 ? 'ran once' : `ran ${ran.length}×`
}

function isSame(ran: readonly Effect[], right: readonly Effect[]): boolean {
  return ran.toSorted().join() === right.toSorted().join()
}
