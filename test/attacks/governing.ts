import { join } from 'node:path'
import { createGovernor, type Governor, isGovernanceError, memoryStore, rule } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { DeskPolicy } from './attack.ts'
import type { World } from './world.ts'

/** The governor behind a desk, in either framework. */
export interface Governing {
  /** The governor of a request: of the policy in force, and of whoever is logged in. */
  readonly session: (user: string) => Governor
  /** A colleague approves what waits, perhaps with another input. What the governor refuses stays as it was. */
  readonly approveElsewhere: (input?: unknown) => Promise<void>
  readonly close: () => Promise<void>
}

export function governing(world: World): Governing {
  const store = world.side === 'memory' ? memoryStore() : sqliteStore(join(world.folder, 'governance.db'))
  const { approver = 'chat-user', isAskingBroken, isApprovedElsewhere } = world.setup
  const governors = new Map<DeskPolicy, Governor>()

  const deployed = (policy: DeskPolicy): Governor => {
    const onApprovalRequired = (): never => {
      throw new Error('asking is broken')
    }
    const approvals = { approver, ...(isAskingBroken ? { onApprovalRequired } : {}) }
    const governor = createGovernor({ store, clock: world.clock, policy: rulesOf(policy), approvals })
    governors.set(policy, governor)
    if (isApprovedElsewhere) {
      governor.on(event => (event.type === 'approval-requested' ? approve(governor, event.approval.id) : undefined))
    }
    return governor
  }
  const current = (): Governor => governors.get(world.policy()) ?? deployed(world.policy())

  return {
    session: user => current().session({ user, sessionId: 'session-1' }),
    approveElsewhere: async input => {
      for (const { id } of await current().approvals.list({ status: 'pending' })) await approve(current(), id, input)
    },
    close: async () => {
      for (const governor of governors.values()) await governor.close()
    },
  }
}

async function approve({ approvals }: Governor, id: string, input?: unknown): Promise<void> {
  try {
    await approvals.resolve(id, { resolution: 'approved', by: 'carol', ...(input === undefined ? {} : { input }) })
  } catch (error) {
    if (!isGovernanceError(error)) throw error
  }
}

/** The desk's policy in rules. What none speaks of is held. */
function rulesOf({ refuseAbove, budget, isBroken }: DeskPolicy) {
  const pay = { tools: ['pay'] }
  return [
    rule('free', { tools: ['mail', 'ask', 'code_mode'], effect: 'allow' }),
    rule('small', { ...pay, when: { 'input.amount': { lte: 100 } }, effect: 'allow' }),
    rule('large', { ...pay, when: { 'input.amount': { gt: 100 } }, effect: 'require_approval' }),
    rule('never', { tools: ['wipe'], effect: 'deny' }),
    ...(refuseAbove === undefined
      ? []
      : [rule('too-large', { ...pay, when: { 'input.amount': { gt: refuseAbove } }, effect: 'deny' })]),
    ...(budget === undefined
      ? []
      : [
          rule('budget', {
            ...pay,
            limit: { sum: 'value', per: 'session', window: '24h', max: budget },
            effect: 'deny',
          }),
        ]),
    ...(isBroken ? [rule('broken', { ...pay, when: broken, effect: 'allow' })] : []),
  ]
}

function broken(): never {
  throw new Error('the policy is broken')
}
