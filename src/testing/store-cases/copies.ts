import assert from 'node:assert/strict'
import { approvalOf, AT, decisionOf, fullDecision, outcomeOf, recorded, type StoreCase } from './samples.js'

/** What was stored is a copy: whoever still holds what went in, or got what came out, cannot change it. */
export const copyCases: readonly StoreCase[] = [
  {
    title: 'is not changed by changing what was passed in',
    check: async store => {
      const decision = structuredClone(fullDecision())
      const approval = structuredClone(approvalOf(decision))
      const outcome = structuredClone(outcomeOf(decision.id, { details: { cents: 1 } }))
      const execution = { decisionId: decision.id, status: 'executed', at: AT, durationMs: 1 } as const
      const passedExecution = { ...execution }
      const killSwitch = { by: 'ada', reason: 'incident', at: AT }
      const before = structuredClone({ decision, approval, outcome, killSwitch })
      await store.recordDecision({ decision, spends: [], approval })
      await store.recordOutcome(outcome)
      await store.recordExecution(passedExecution)
      await store.activateKillSwitch(killSwitch)
      for (const passed of [decision, approval, outcome, passedExecution, killSwitch]) overwrite(passed)
      assert.deepEqual(await store.getDecision(before.decision.id), {
        ...before.decision,
        execution,
        outcomes: [before.outcome],
      })
      assert.deepEqual(await store.getApproval(before.approval.id), before.approval)
      assert.deepEqual(await store.killSwitches(), [before.killSwitch])
    },
  },
  {
    title: 'is not changed by changing what it gave back',
    check: async store => {
      const decision = fullDecision()
      const approval = approvalOf(decision)
      const outcome = outcomeOf(decision.id, { details: { cents: 1 } })
      const killSwitch = { by: 'ada', reason: 'incident', at: AT }
      await store.recordDecision({ decision, spends: [], approval })
      await store.recordOutcome(outcome)
      await store.activateKillSwitch(killSwitch)
      overwrite(await store.getDecision(decision.id))
      overwrite(await store.listDecisions({}))
      overwrite(await store.getApproval(approval.id))
      overwrite(await store.listApprovals({}))
      overwrite(await store.killSwitches())
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [outcome] })
      assert.deepEqual(await store.listDecisions({}), [{ ...decision, outcomes: [outcome] }])
      assert.deepEqual(await store.getApproval(approval.id), approval)
      assert.deepEqual(await store.listApprovals({}), [approval])
      assert.deepEqual(await store.killSwitches(), [killSwitch])
    },
  },
  {
    title: 'takes frozen records',
    check: async store => {
      const decision = Object.freeze(decisionOf())
      await store.recordDecision(Object.freeze({ decision, spends: Object.freeze([]) }))
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [] })
    },
  },
  {
    title: 'gives a listing that later records do not change',
    check: async store => {
      const decision = await recorded(store)
      const listed = await store.listDecisions({})
      await recorded(store)
      await store.recordExecution({ decisionId: decision.id, status: 'executed', at: AT, durationMs: 1 })
      assert.deepEqual(listed, [{ ...decision, outcomes: [] }])
    },
  },
]

/** Spoils a value to the bottom; what is frozen cannot be spoilt, which is as good. */
function overwrite(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    overwrite((value as Record<string, unknown>)[key])
    Reflect.set(value, key, 'overwritten')
  }
  if (Array.isArray(value) && Object.isExtensible(value)) value.length = 0
}
