import assert from 'node:assert/strict'
import { createGovernor, type Decision, type Evaluator, type Execution, memoryStore } from 'countersign'
import { fakeClock } from '../fake-clock.js'
import type { EvaluatorCase, Expected } from './case.js'
import type { EvaluatorSubject } from './subject.js'

/** Milliseconds after which the governor gives up. */
const DEADLINE = 1_000
const CALL = { id: 'call-1', name: 'refund', input: { amount: 40 } }
const STATUS = { allowed: 'executed', blocked: 'blocked', requires_approval: 'approval_required' } as const

/** Puts a case to a governor, and asserts that it comes to what it must. */
export async function checkEvaluator(
  evaluatorCase: EvaluatorCase,
  subject: Exclude<EvaluatorSubject, { readonly skip: string }>,
  remote: boolean,
): Promise<void> {
  const { mode, policy = [], failMode = 'closed', trouble, expect } = evaluatorCase
  const [late, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const started = 'start' in subject ? await subject.start(late.promise) : undefined
  const rules = 'policy' in subject ? subject.policy : []
  const clock = fakeClock()
  const governor = createGovernor({
    store: memoryStore(),
    clock,
    mode,
    failMode,
    policy: [...policy, ...rules],
    resilience: { deadlineMs: DEADLINE },
    ...(started === undefined ? {} : { decisions: heard(started.evaluator, asked.resolve) }),
  })
  let runs = 0
  const run = (): Promise<Execution> => governor.run(CALL, () => ++runs)
  try {
    const running = run()
    if (trouble === 'late') {
      await asked.promise
      // What answers at once is not late, and must be found out.
      await turns()
      clock.advance(DEADLINE)
    }
    const execution = await running
    checkDecision(execution.decision, expect, mode)
    if (remote && expect.service !== undefined) checkService(execution.decision, expect.service)
    if (trouble === 'late') {
      late.resolve()
      await turns()
    } else {
      const { result } = await governor.decide({ ...CALL, id: 'call-2' })
      assert.equal(result, expect.result, 'the same question has the same answer')
      if (expect.result === 'allowed') await run()
    }
    assert.equal(execution.status, STATUS[expect.result])
    assert.equal(runs, expect.result === 'allowed' ? 1 : 0, 'how often the tool ran')
  } finally {
    late.resolve()
    await governor.close()
    await started?.dispose?.()
  }
}

/** The same evaluator; says when it is asked. */
function heard(evaluator: Evaluator, onAsked: () => void): Evaluator {
  return {
    ...(evaluator.name === undefined ? {} : { name: evaluator.name }),
    evaluate: (request, options) => {
      onAsked()
      return evaluator.evaluate(request, options)
    },
  }
}

function checkDecision(decision: Decision, expected: Expected, mode: Decision['mode']): void {
  assert.equal(decision.result, expected.result)
  assert.equal(decision.failMode !== undefined, expected.failed === true, 'whether the fail mode decided')
  assert.equal(decision.mode, expected.mode ?? mode)
  if (expected.failed === true && expected.result !== 'requires_approval') {
    const beginning = { allowed: 'Evaluation bypassed (fail_open)', blocked: 'Evaluation failed (fail_closed)' }
    assert.ok(decision.reason.startsWith(beginning[expected.result]), decision.reason)
  }
  for (const [field, value] of Object.entries(expected.recorded ?? {})) {
    assert.equal(decision[field as keyof Expected['recorded']] ?? null, value, field)
  }
}

/** What a decision says of the service that made it. */
function checkService(decision: Decision, expected: NonNullable<Expected['service']> | null): void {
  const { service } = decision as { service?: { requestId?: string; raw?: object; answeredAt?: number } }
  if (expected === null) {
    assert.equal(service?.raw, undefined, 'nothing is kept of what is no answer')
    return
  }
  const { requestId, raw = {} } = expected
  if (requestId !== undefined) assert.equal(service?.requestId ?? null, requestId)
  const kept = Object.entries(service?.raw ?? {}).filter(([field]) => Object.hasOwn(raw, field))
  assert.deepEqual(Object.fromEntries(kept), raw)
  if (Object.keys(raw).length > 0) assert.equal(typeof service?.answeredAt, 'number')
}

/** Lets what is on its way come. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
}
