import type { DeskPolicy } from '../attack.ts'
import type { World } from '../world.ts'
import type { Guarded, Wiring } from './chat.ts'

const SECRET = 'a secret of these tests, long enough for HMAC'

/** What the AI SDK offers by itself: `toolApproval`, and a secret that signs its requests. */
export function bareWiring(world: World): Wiring {
  return {
    review: async history => history,
    guard: tools => ({
      tools,
      toolApproval: approvalsOf(world.policy()),
      ...(world.side === 'signed' ? { experimental_toolApprovalSecret: SECRET } : {}),
    }),
    approveElsewhere: async () => undefined,
    close: async () => undefined,
  }
}

function approvalsOf({ refuseAbove = Infinity, isBroken }: DeskPolicy): NonNullable<Guarded['toolApproval']> {
  return {
    pay: ({ amount }: { readonly amount: number }) => {
      if (isBroken) throw new Error('the policy is broken')
      if (amount > refuseAbove) return 'denied'
      return amount > 100 ? 'user-approval' : undefined
    },
    wipe: 'denied',
  }
}
