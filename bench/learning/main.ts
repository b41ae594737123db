import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { autonomyTable, printAutonomy } from './autonomy-table.ts'
import { dataSets, readTrace } from './data.ts'
import { figuresOf, type Figures } from './figures.ts'
import { measureMemory } from './memory.ts'
import { drawAll } from './pictures.ts'
import { measureStart } from './start.ts'
import { targetOf, verdict, type Target } from './targets.ts'

const USAGE = `npm run bench:learning -- [options]   How good the learner is, on recorded traces.

  (none)            figures of each set, held against their targets; then memory and precedents at many made-up cases
  --autonomy        plays shuffled orders in the world that the gate makes: is the limit held, what goes through
  --start           how long a store of many decisions takes to open
  --svg DIR         draws the pictures of the docs into a folder

  --data DIR        folder of traces (NAME.jsonl.gz); or COUNTERSIGN_DATA (default ../shared/data)
  --set NAME        only this set; may be given several times
  --replays N       orders for --autonomy (default 20)
  --cases N         made-up cases (default 1000000; 0 for none)
  --json            everything as JSON`

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    data: { type: 'string' },
    set: { type: 'string', multiple: true },
    autonomy: { type: 'boolean', default: false },
    replays: { type: 'string', default: '20' },
    svg: { type: 'string' },
    start: { type: 'boolean', default: false },
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

if (options.help) {
  console.log(USAGE)
  process.exit()
}
const sets = existsSync(folder) ? (options.set ?? dataSets(folder)) : []
if (!existsSync(folder))
  console.error(`skipped: there is no ${folder}; name the folder of the traces with --data or COUNTERSIGN_DATA`)

const results: Record<string, unknown> = {}
if (options.svg !== undefined) for (const set of sets) drawAll(options.svg, set, readTrace(folder, set))
else if (options.start) note('made-up cases', await measureStart(Number(options.cases)))
else if (options.autonomy) await playAll(Number(options.replays))
else await measureAll(Number(options.cases))
if (options.json) console.log(JSON.stringify({ node: process.version, results }, undefined, 2))

async function playAll(count: number): Promise<void> {
  for (const set of sets) {
    const rows = await autonomyTable({ folder, set }, readTrace(folder, set), count)
    results[set] = rows
    if (!options.json) printAutonomy(set, count, rows)
  }
}

function note(set: string, figures: Figures): void {
  const rows = judge(set, figures)
  results[set] = rows
  if (!options.json) print(set, rows)
}

async function measureAll(cases: number): Promise<void> {
  for (const set of sets) note(set, figuresOf(readTrace(folder, set)))
  if (cases > 0) note('made-up cases', await measureMemory(cases))
}
