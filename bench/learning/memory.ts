import { setImmediate } from 'node:timers/promises'
import { createRiskModel } from 'countersign/learning'
import { median } from '../measure.ts'
import type { Figures } from './figures.ts'

const NAMES = 5000
const MIB = 2 ** 20

/** A made-up case: tools and people repeat, the order and the note hardly ever. */
export function caseOf(index: number): { readonly tool: string; readonly actor: string; readonly input: object } {
  const mixed = Math.imul(index, 0x9e3779b1) >>> 0
  return {
    tool: `tool_${mixed % 40}`,
    actor: `agent_${(mixed >>> 8) % 9}`,
    input: {
      to: `customer_${(mixed >>> 4) % NAMES}`,
      order: `ord_${index}`,
      amount: mixed % 900,
      note: `about item ${mixed % 70_000}`,
    },
  }
}

const idOf = (index: number): string =>
  `0191${index.toString(16).padStart(28, '0')}`.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** What finding precedents takes, and what the model holds, at 100,000 and at `cases` made-up cases. */
export async function measureMemory(cases: number): Promise<Figures> {
  const before = await heldBytes()
  const model = createRiskModel()
  const figures: Record<string, number> = {}
  for (let index = 0; index < cases; index++) {
    model.learn(model.predict(caseOf(index)).features, { isBad: index % 7 === 0, id: idOf(index) })
    if (index + 1 === 100_000) figures['precedents ms at 100,000'] = precedentsMs(model, index)
  }
  figures[`precedents ms at ${cases.toLocaleString('en')}`] = precedentsMs(model, cases)
  const after = await heldBytes()
  // Whatever is not used any more may be gone by now: it is asked once more.
  if (model.precedents(caseOf(cases - 1)).length === 0) throw new Error('nothing was learnt')
  figures[`MiB at ${cases.toLocaleString('en')}`] = (after - before) / MIB
  figures[`restore ms at ${cases.toLocaleString('en')}`] = restoreMs(model)
  return figures
}

/** What is held, once the garbage of what was measured before is gone: the memory of arrays is given back a turn later. */
async function heldBytes(): Promise<number> {
  globalThis.gc?.()
  await setImmediate()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function precedentsMs(model: ReturnType<typeof createRiskModel>, cases: number): number {
  const times = Array.from({ length: 300 }, (_, round) => {
    const call = caseOf(Math.floor((round * cases) / 300))
    const startedAt = process.hrtime.bigint()
    model.precedents(call)
    return Number(process.hrtime.bigint() - startedAt) / 1e6
  })
  return median(times)
}

/** What it takes a new model to take over all that another one knows: what a start does with a snapshot once it is read. */
function restoreMs(model: ReturnType<typeof createRiskModel>): number {
  const state = model.export()
  const startedAt = performance.now()
  if (!createRiskModel().import(state)) throw new Error('the state does not fit')
  return performance.now() - startedAt
}
