import { openChat } from './ai-sdk/chat.ts'
import type { Attack, Ending, NotApplicable, Trial } from './attack.ts'
import { openThread } from './langchain/thread.ts'
import { openWorld, type Side, type World } from './world.ts'

export type Framework = 'aiSdk' | 'langchain'

export const FRAMEWORKS: readonly Framework[] = ['aiSdk', 'langchain']
export const TITLES: Readonly<Record<Framework, string>> = { aiSdk: 'AI SDK', langchain: 'LangChain' }

/** The sides of each framework. LangChain has no secret. */
export const SIDES: Readonly<Record<Framework, readonly Side[]>> = {
  aiSdk: ['bare', 'signed', 'memory', 'sqlite'],
  langchain: ['bare', 'memory', 'sqlite'],
}

/** What an attack should come to; why it cannot be made, where it cannot. */
export function expected(attack: Attack, framework: Framework, side: Side): Ending | NotApplicable {
  const column = attack[framework]
  if ('because' in column) return column
  if (side === 'memory' && attack.takesProcesses) return { because: 'memory is not shared' }
  if (side === 'memory' || side === 'sqlite') return column.ours
  return 'because' in column.bare || side === 'bare' ? column.bare : (column.signed ?? column.bare)
}

/** Makes the attack on the real framework, in a world of its own. */
export function play({ aiSdk, langchain }: Attack, framework: Framework, side: Side): Promise<Required<Ending>> {
  return framework === 'aiSdk' ? attempt(aiSdk, side, openChat) : attempt(langchain, side, openThread)
}

async function attempt<SERVER extends { readonly close: () => Promise<void> }>(
  trial: Trial<SERVER> | NotApplicable,
  side: Side,
  open: (world: World) => Promise<SERVER>,
): Promise<Required<Ending>> {
  if ('because' in trial) throw new Error(`nothing to run: ${trial.because}`)
  const world = openWorld(side, trial.setup)
  try {
    const server = await open(world)
    try {
      await trial.attempt(server)
    } finally {
      await server.close()
    }
    return world.ending()
  } finally {
    world.remove()
  }
}
