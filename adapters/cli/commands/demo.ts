import { randomUUID } from 'node:crypto'
import { createGovernor, definePolicy, type Execution, type Governor, remoteDecisions } from 'countersign'
import { misused } from '../failure.js'
import type { Screen } from '../output/screen.js'
import { plain } from '../output/text.js'
import { openStore } from '../target/open-store.js'
import { type Database, databaseIn, DEFAULT_DATABASE, type TargetOptions, withoutSecret } from '../target/target.js'
import type { Handler } from '../tree/invocation.js'
import { CATALOG, POLICY, SCRIPT, SHOP, type Step } from './demo-script.js'
import { styleOf } from './decisions-list.js'

/** A service started in the same directory has the usual one, and what it lets go on is not executed on its own records. */
const BESIDE_A_SERVICE = '.countersign/demo.db'

/** Options of `demo`. */
export interface DemoOptions extends TargetOptions {
  readonly remote?: string
  readonly wait?: boolean
}

/** What became of one step. */
interface Shown {
  readonly step: Step
  readonly execution: Execution
}

/** `demo` */
export const handler: Handler<DemoOptions> = async invocation => {
  const { screen, options } = invocation
  const place = databaseIn(invocation, options.remote === undefined ? DEFAULT_DATABASE : BESIDE_A_SERVICE)
  const { wait = screen.isTerminal, auditKey } = options
  const decisions = decisionsOf(options)
  const store = await openStore(place, { mayBegin: true })
  const governor = createGovernor({
    store,
    actor: 'refund-agent',
    tools: CATALOG,
    policy: definePolicy(POLICY),
    ...(decisions === undefined ? {} : { decisions }),
    ...(auditKey === undefined ? {} : { audit: { key: auditKey } }),
  })
  try {
    const conversation = governor.session({ sessionId: `demo-${randomUUID().slice(0, 8)}` })
    const shown: Shown[] = []
    for (const [index, step] of SCRIPT.entries()) {
      const done = { step, execution: await make(conversation, index, step) }
      shown.push(done)
      if (!screen.json) screen.result(undefined, () => line(screen, done))
    }
    const held = shown.findLastIndex(({ execution }) => execution.status === 'approval_required')
    if (held >= 0) await answered({ screen, governor, conversation, shown, held, wait, place })
    if (screen.json) screen.result(shown.map(summary), () => '')
    return undefined
  } finally {
    await governor.close()
  }
}

interface Waiting {
  readonly screen: Screen
  readonly governor: Governor
  readonly conversation: Governor
  readonly shown: Shown[]
  /** Index of the step that is held. */
  readonly held: number
  readonly wait: boolean
  readonly place: Database
}

/** Says how to answer what is held; then waits for the answer, and goes on. */
async function answered({ screen, governor, conversation, shown, held, wait, place }: Waiting): Promise<void> {
  const { step, execution } = shown[held] ?? {}
  if (step === undefined || execution?.status !== 'approval_required') return
  const id = execution.approvalId
  const { database, schema } = place
  const within = schema === undefined ? '' : ` --schema ${schema}`
  const where = database === DEFAULT_DATABASE ? '' : ` --database ${withoutSecret(database)}${within}`
  screen.note(`\nA person decides: "${step.wants}". In another terminal:`)
  screen.note(`  $ countersign approvals approve ${id}${where}`)
  screen.note(`  $ countersign approvals reject ${id} --comment "not without a receipt"${where}`)
  screen.note(`or in the inbox of \`countersign serve${where}\`.`)
  if (!wait) return
  screen.note('Waiting for the answer; Ctrl-C to stop …')
  await governor.approvals.wait(id)
  const done = { step, execution: await make(conversation, held, step) }
  shown[held] = done
  if (!screen.json) screen.result(undefined, () => line(screen, done))
}

/** The same step is the same call: it goes on where it was held. */
function make(conversation: Governor, index: number, { tool, input }: Step): Promise<Execution> {
  const id = `${conversation.scope.sessionId}-${index + 1}`
  return conversation.run({ id, name: tool, input }, () => SHOP[tool](input))
}

function line(screen: Screen, { step, execution }: Shown): string {
  const { status, decision } = execution
  const style = styleOf(status)
  const word = status.padEnd(17)
  return [
    step.wants.padEnd(27),
    style === undefined ? word : screen.style(style, word),
    screen.style('dim', `${step.tool} ${JSON.stringify(step.input)}: ${plain(decision.reason)}`),
  ].join(' ')
}

function summary({ step, execution }: Shown) {
  const { status, decision } = execution
  const approvalId = execution.status === 'approval_required' ? execution.approvalId : decision.approvalId
  return { tool: step.tool, input: step.input, status, reason: decision.reason, decisionId: decision.id, approvalId }
}

function decisionsOf({ remote, apiKey }: DemoOptions) {
  if (remote === undefined) return undefined
  if (apiKey === undefined) throw misused('--remote wants a key of that service.', 'Set COUNTERSIGN_API_KEY.')
  return remoteDecisions({ baseUrl: remote, apiKey })
}
