import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGovernor, type Governor } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { Figures } from './figures.ts'
import { caseOf } from './memory.ts'

const MIB = 2 ** 20
/** Decisions since the last snapshot: with their outcomes, just fewer lessons than a new one is made after. */
const SINCE = 3300
const AT_ONCE = 500

function governorOn(file: string): Governor {
  return createGovernor({
    store: sqliteStore(file),
    policy: [{ id: 'free', effect: 'allow' }],
    learning: true,
  })
}

const call = (index: number) => {
  const { tool, input } = caseOf(index)
  return { id: `call-${index}`, name: tool, input }
}

/** Decides, runs and learns; every seventh outcome is bad. */
async function fill(governor: Governor, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, to - first) }, (_, place) => first + place)
    const ran = await Promise.all(indices.map(index => governor.run(call(index), () => 'done')))
    await governor.reportOutcome(
      ran.map(({ decision }, place) => ({
        decisionId: decision.id,
        status: (first + place) % 7 === 0 ? 'FRAUD' : 'SUCCESS',
      })),
    )
  }
}

/** In a process of its own, which ends without closing anything: the rest has to be learnt by whoever comes next. */
async function prepare(file: string, cases: number): Promise<void> {
  const before = governorOn(file)
  await before.precedents(call(0))
  await fill(before, 0, cases - SINCE)
  await before.precedents(call(0))
  await before.close()
  const after = governorOn(file)
  await after.precedents(call(0))
  await fill(after, cases - SINCE, cases)
  process.exit(0)
}

/** What it takes from opening a store of so many decisions until all that can be learnt from it has been. */
export async function measureStart(cases: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-start-'))
  const file = join(folder, 'store.db')
  try {
    const self = fileURLToPath(import.meta.url)
    const { status } = spawnSync(process.execPath, [self, file, String(cases)], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`the process that fills the store ended with ${status}`)
    const startedAt = performance.now()
    const before = process.cpuUsage()
    const governor = governorOn(file)
    const found = await governor.precedents(call(cases - 1))
    const ms = performance.now() - startedAt
    const used = process.cpuUsage(before)
    if (found.length === 0) throw new Error('nothing was learnt')
    await governor.close()
    const count = cases.toLocaleString('en')
    const cpuMs = (used.user + used.system) / 1000
    return {
      [`start ms at ${count}`]: ms,
      [`of it at work, ms at ${count}`]: cpuMs,
      [`store MiB at ${count}`]: statSync(file).size / MIB,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [, script, file, cases] = process.argv
if (script === fileURLToPath(import.meta.url) && file !== undefined) await prepare(file, Number(cases))
