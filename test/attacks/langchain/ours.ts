import { governanceMiddleware, governedTools } from 'countersign/langchain'
import { governing } from '../governing.ts'
import type { World } from '../world.ts'
import type { Wiring } from './thread.ts'

/** The same application behind a governor. The tools are governed by themselves too: they are handed to subagents. */
export function governedWiring(world: World): Wiring {
  const { session, approveElsewhere, close } = governing(world)
  return {
    guard: (tools, user) => {
      const governor = session(user)
      const governed = governedTools([...tools], { governor })
      return { tools: governed, middleware: [governanceMiddleware({ governor, tools: governed })] }
    },
    approveElsewhere,
    close,
  }
}
