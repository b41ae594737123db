import { reviewMessages, withGovernance } from 'countersign/ai-sdk'
import { governing } from '../governing.ts'
import type { World } from '../world.ts'
import type { Wiring } from './chat.ts'

/** The same application behind a governor. There is no secret to configure. */
export function governedWiring(world: World): Wiring {
  const { session, approveElsewhere, close } = governing(world)
  return {
    review: (history, user) => reviewMessages([...history], { governor: session(user) }),
    guard: (tools, user, waits) =>
      withGovernance(tools, { governor: session(user), ...(waits ? { approvals: 'wait' } : {}) }),
    approveElsewhere,
    close,
  }
}
