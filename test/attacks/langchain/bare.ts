import { humanInTheLoopMiddleware, type InterruptOnConfig } from 'langchain'
import type { DeskPolicy } from '../attack.ts'
import type { World } from '../world.ts'
import type { Wiring } from './thread.ts'

/** What LangChain offers by itself: its human-in-the-loop middleware. */
export function bareWiring(world: World): Wiring {
  return {
    guard: tools => {
      const pay = asked(world.policy(), world.setup.isAskingBroken)
      const wipe = { allowedDecisions: ['reject' as const] }
      // Its parameter is inferred as `never` under exactOptionalPropertyTypes.
      return { tools, middleware: [humanInTheLoopMiddleware({ interruptOn: { pay, wipe } } as never)] }
    },
    approveElsewhere: async () => undefined,
    close: async () => undefined,
  }
}

/** It cannot refuse by itself: what is never allowed is asked about, and may only be rejected. */
function asked({ refuseAbove, isBroken }: DeskPolicy, isAskingBroken = false): InterruptOnConfig {
  return {
    allowedDecisions: refuseAbove === undefined ? ['approve', 'edit', 'reject'] : ['reject'],
    when: ({ toolCall }) => {
      if (isBroken) throw new Error('the policy is broken')
      return toolCall.args['amount'] > 100
    },
    description: () => {
      if (isAskingBroken) throw new Error('asking is broken')
      return 'a large payment'
    },
  }
}
