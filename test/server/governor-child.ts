// A governor in a process of its own that asks a decision service, and has its records where other governors have theirs.
import { appendFileSync } from 'node:fs'
import { type Clock, createGovernor, type Evaluator, type Execution, remoteDecisions, systemClock } from 'countersign'
import { storeAt } from './place.ts'
import type { Brought, GovernorTask, Order } from './governor-process.ts'

const { place, url, bank } = JSON.parse(process.argv[2] ?? '') as GovernorTask
/** Until the process is killed. */
const FOREVER = new Promise<never>(() => undefined)
let ahead = 0
const clock: Clock = { now: () => Date.now() + ahead, after: systemClock.after }
/** Ids of calls that stand still once they are answered. */
const stands = new Set<string>()

const asking = remoteDecisions({ baseUrl: url, apiKey: 'agent-key-of-the-tests', approvals: { pollMs: 20 } })
const decisions: Evaluator = {
  ...asking,
  evaluate: async (request, options) => {
    const answer = await asking.evaluate(request, options)
    if (stands.has(request.call.id)) {
      process.send?.({ stands: request.call.id })
      await FOREVER
    }
    return answer
  },
}
const governor = createGovernor({
  store: storeAt(place),
  clock,
  decisions,
  resilience: { deadlineMs: 20_000 },
  tools: { refund: { value: ({ amount }: { readonly amount: number }) => amount } },
})

async function bring({ id, tool, input, waits = false, standsAt, user }: Brought): Promise<Execution> {
  if (standsAt === 'answered') stands.add(id)
  const pay = async ({ input: sent }: { readonly input: unknown }): Promise<string> => {
    if (standsAt === 'begun') process.send?.({ stands: id })
    if (standsAt === 'begun') await FOREVER
    appendFileSync(bank, `${id} ${JSON.stringify(sent)}\n`)
    if (standsAt === 'done') process.send?.({ stands: id })
    if (standsAt === 'done') await FOREVER
    return `paid in ${process.pid}`
  }
  const scope = { sessionId: 'conversation', waits, ...(user === undefined ? {} : { user }) }
  return governor.run({ id, name: tool, input }, pay, scope)
}

process.on('message', (order: Order) => {
  if ('ahead' in order) {
    ahead = order.ahead
    process.send?.({ moved: true })
    return
  }
  const { number } = order
  bring(order.bring).then(
    execution => process.send?.({ number, execution: shown(execution) }),
    (error: unknown) => process.send?.({ number, error: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })

function shown(execution: Execution): object {
  const { status, decision } = execution
  const message = 'message' in execution ? execution.message : undefined
  const output = status === 'executed' ? execution.output : undefined
  return { status, message, output, requestId: decision.service?.requestId, approvalId: decision.approvalId }
}
