// npm run bench:learning [-- --json] [--data DIR] [--set NAME] [--cases N]
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dataSets, readTrace } from './data.ts'
import { figuresOf, type Figures } from './figures.ts'
import { measureMemory } from './memory.ts'
import { targetOf, verdict, type Target } from './targets.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    data: { type: 'string' },
    set: { type: 'string', multiple: true },
    cases: { type: 'string', default: '1000000' },
  },
})
const folder =
  options.data ?? process.env['COUNTERSIGN_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

interface Row {
  readonly figure: string
  readonly value: number
  readonly target?: Target
  readonly verdict?: 'ok' | 'OVER'
}

function judge(set: string, figures: Figures): readonly Row[] {
  return Object.entries(figures).map(([figure, value]) => {
    const target = targetOf(set, figure, figures['calls'] ?? 0)
    const judged = verdict(value, target)
    return target === undefined || judged === undefined ? { figure, value } : { figure, value, target, verdict: judged }
  })
}

function print(set: string, rows: readonly Row[]): void {
  console.log(`\n${set}`)
  for (const { figure, value, target, verdict: judged } of rows) {
    const shown = Number.isInteger(value) ? String(value) : value.toFixed(4)
    const bound = target?.least === undefined ? `at most ${target?.most}` : `at least ${target.least}`
    console.log(`  ${figure.padEnd(36)} ${shown.padStart(10)}${judged === undefined ? '' : `  (${bound})  ${judged}`}`)
  }
}

const results: Record<string, readonly Row[]> = {}
const note = (set: string, rows: readonly Row[]): void => {
  results[set] = rows
  if (!options.json) print(set, rows)
}
if (!existsSync(folder)) {
  console.error(`skipped: there is no ${folder}; name the folder of the traces with --data or COUNTERSIGN_DATA`)
} else {
  for (const set of options.set ?? dataSets(folder)) note(set, judge(set, figuresOf(readTrace(folder, set))))
}
const cases = Number(options.cases)
if (cases > 0) note('made-up cases', judge('made-up cases', measureMemory(cases)))
if (options.json) console.log(JSON.stringify({ node: process.version, results }, undefined, 2))
