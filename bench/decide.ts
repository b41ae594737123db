import { createGovernor, definePolicy, memoryStore, rule, type Governor } from 'countersign'
import { measure } from './measure.ts'
import type { Result } from './result.ts'

/** A governor with `count` rules, of which three concern the tool that is called: one looks at its input, one counts, one allows. */
function governorWith(count: number): Governor {
  const others = Array.from({ length: count - 3 }, (_, index) =>
    rule(`other-${index}`, { tools: [`tool_${index}`], when: { 'input.amount': { gt: index } }, effect: 'deny' }),
  )
  const limit = { count: 'calls', per: 'actor', window: '30d', max: 1_000_000_000 } as const
  const own = [
    rule('large', { tools: ['pay'], when: { 'input.amount': { gt: 1000 } }, effect: 'deny' }),
    rule('velocity', { tools: ['pay'], limit, effect: 'deny' }),
    rule('pay', { tools: ['pay'], effect: 'allow' }),
  ]
  return createGovernor({
    policy: definePolicy({ rules: [...others, ...own] }),
    store: memoryStore({ maxDecisions: 300_000 }),
  })
}

let calls = 0
const decideWith = (governor: Governor) => () =>
  governor.decide({ id: `call_${calls++}`, name: 'pay', input: { amount: 50, to: 'ord_1001' } })

/** What a decision costs, and that neither rules that cannot apply nor history make it dearer. */
export async function benchDecide(): Promise<readonly Result[]> {
  const aged = governorWith(100)
  const session = aged.session({ sessionId: 'aged' })
  for (let call = 0; call < 200_000; call++)
    await session.run({ id: `old_${call}`, name: 'pay', input: { amount: 1 } }, () => 1)
  const subjects = [
    { name: '100 rules', run: decideWith(governorWith(100)) },
    { name: '1,000 rules', run: decideWith(governorWith(1000)) },
    { name: '100 rules after 200,000 calls', run: decideWith(aged) },
  ]
  const [hundred, thousand, old] = await measure(subjects, { rounds: 15, calls: 4000 })
  if (hundred === undefined || thousand === undefined || old === undefined) throw new Error('nothing was measured')
  return [
    { name: 'decide(): 100 rules, 3 concern the tool', value: hundred.p50, unit: 'µs', target: 5 },
    { name: 'decide(): 1,000 rules against 100', value: thousand.p50 / hundred.p50, unit: '×', target: 1.5 },
    { name: 'decide(): after 200,000 calls against fresh', value: old.p50 / hundred.p50, unit: '×', target: 1.5 },
  ]
}
