import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGovernor, type Governor } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { measure, type Subject } from './measure.ts'
import type { Result } from './result.ts'

const rules = [
  { id: 'pay', tools: ['pay', 'look'], effect: 'allow' },
  { id: 'wire', tools: ['wire'], effect: 'require_approval' },
] as const
const tools = { look: { annotations: { readOnly: true } } }
let calls = 0

const runOf = (name: string, governor: Governor) => () =>
  governor.run({ id: `call_${calls++}`, name, input: { amount: 50, to: 'ord_1001' } }, async () => ({ paid: 50 }))

/** A call is held; what is timed is from a person's answer to the end of the tool. */
function approving(governor: Governor): Subject['run'] {
  const held: { readonly id: string; readonly approvalId: string }[] = []
  const wire = (id: string): ReturnType<Governor['run']> =>
    governor.run({ id, name: 'wire', input: { amount: 5000 } }, async () => ({ wired: 5000 }))
  return async () => {
    const next = held.pop()
    if (next !== undefined) {
      await governor.approvals.resolve(next.approvalId, { resolution: 'approved', by: 'ada' })
      return wire(next.id)
    }
    for (let index = 0; index < 100; index++) {
      const id = `call_${calls++}`
      const execution = await wire(id)
      if (execution.status === 'approval_required') held.push({ id, approvalId: execution.approvalId })
    }
    return undefined
  }
}

/** What exactly-once costs, in a SQLite file: every record is with the kernel before the tool runs, or on the disk. */
export async function benchLedger(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  const governors = (['process', 'full'] as const).map(durability =>
    createGovernor({ policy: { rules }, tools, store: sqliteStore(join(folder, `${durability}.db`), { durability }) }),
  )
  const [governor, durable] = governors
  if (governor === undefined || durable === undefined) throw new Error('nothing to measure')
  const subjects = [
    { name: 'decision and record only', run: runOf('look', governor) },
    { name: 'with receipt', run: runOf('pay', governor) },
    { name: 'approve and execute', run: approving(governor) },
  ]
  const [read, paid, approved] = await measure(subjects, { rounds: 15, calls: 300 })
  const [flushed, flushedApproval] = await measure(
    [
      { name: 'flushed', run: runOf('pay', durable) },
      { name: 'flushed approval', run: approving(durable) },
    ],
    { rounds: 3, calls: 50 },
  )
  for (const each of governors) await each.close()
  rmSync(folder, { recursive: true })
  const all = [read, paid, approved, flushed, flushedApproval].map(timing => timing?.p50 ?? Number.NaN)
  const [readP50 = 0, paidP50 = 0, approvedP50 = 0, flushedP50 = 0, flushedApprovalP50 = 0] = all
  return [
    { name: 'SQLite: the ledger adds to an allowed call', value: paidP50 - readP50, unit: 'µs', target: 60 },
    { name: 'SQLite: an allowed call, all in all', value: paidP50, unit: 'µs' },
    { name: 'SQLite: from approval to executed', value: approvedP50, unit: 'µs', target: 1000 },
    { name: 'SQLite, flushed to disk: an allowed call, all in all', value: flushedP50 / 1000, unit: 'ms' },
    { name: 'SQLite, flushed to disk: from approval to executed', value: flushedApprovalP50 / 1000, unit: 'ms' },
  ]
}
