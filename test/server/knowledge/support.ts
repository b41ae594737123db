import { type Governor, memoryStore } from 'countersign'
import { createDecisionServer, type DecisionServer, type DecisionServerOptions } from 'countersign/server'
import { fakeClock } from 'countersign/testing'

/** Whoever asks: an agent of each of two tenants. */
export type Who = 'acme' | 'globex'

/** A server of two tenants that learns, on a clock of its own. */
export function serve(options: Partial<DecisionServerOptions> = {}) {
  const clock = fakeClock(Date.UTC(2026, 0, 5))
  const server = createDecisionServer({
    store: memoryStore(),
    clock,
    policy: {
      rules: [
        { id: 'ask', tools: ['refund'], effect: 'require_approval' },
        { id: 'no-drop', tools: ['drop_table'], effect: 'deny' },
        { id: 'rest', tools: ['*'], effect: 'allow' },
      ],
    },
    learning: true,
    keys: (['acme', 'globex'] as const).map(tenant => ({
      key: `${tenant}-secret-of-the-tests`,
      role: 'agent',
      tenant,
      name: tenant,
    })),
    ...options,
  })
  return { server, clock }
}

/** A session of a tenant, as governed calls are made in. */
export function sessionOf(server: DecisionServer, tenant: Who = 'acme'): Governor {
  return server.governor.session({ tenant, actor: 'support-bot', domain: 'payments' })
}

/** Asks the server, and reads its answer. */
export async function ask(
  server: DecisionServer,
  route: string,
  body?: unknown,
  who: Who = 'acme',
  // oxlint-disable-next-line typescript/no-explicit-any -- each test says what it expects of it
): Promise<{ readonly status: number; readonly body: any }> {
  const [method = '', path = ''] = route.split(' ')
  const headers = { 'x-api-key': `${who}-secret-of-the-tests`, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await server.app.request(path, { method, headers, ...sent })
  return { status: response.status, body: await response.json() }
}

/** Refunds, of which a person lets those to ada through and refuses those to mallory. The ids of their decisions. */
export async function teach(
  governor: Governor,
  clock: { readonly advance: (ms: number) => unknown },
  times = 4,
  from = 0,
) {
  const ids: string[] = []
  await governor.precedents({ id: 'warm-up', name: 'refund', input: {} })
  for (let index = from; index < from + times * 2; index++) {
    const to = index % 2 === 0 ? 'ada' : 'mallory'
    const call = { id: `call-${index}`, name: 'refund', input: { to, amount: 100 + index } }
    const held = await governor.run(call, () => 'refunded')
    if (held.status !== 'approval_required') throw new Error(`expected to be asked, and it was ${held.status}`)
    await governor.approvals.resolve(held.approvalId, {
      resolution: to === 'ada' ? 'approved' : 'rejected',
      by: 'grace',
    })
    ids.push(held.decision.id)
    clock.advance(1000)
  }
  return ids
}
