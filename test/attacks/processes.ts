import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Setup } from './attack.ts'
import type { History } from './ai-sdk/chat.ts'
import type { Answer } from './langchain/thread.ts'
import type { Side, World } from './world.ts'

/** Servers in processes of their own. */
export interface Processes {
  readonly count: number
  /** They are killed right after their first effect. */
  readonly die?: boolean
}

/** What each process does. */
export type Task =
  | { readonly framework: 'aiSdk'; readonly history: History }
  | { readonly framework: 'langchain'; readonly answers: readonly Answer[] }

/** What a process is told. */
export interface Job {
  readonly side: Side
  readonly setup: Setup
  readonly folder: string
  readonly dies: boolean
  readonly task: Task
}

const program = new URL('child.ts', import.meta.url)

/** Has processes do the same at the same moment, and waits until all are gone. */
export async function inProcesses(world: World, task: Task, { count, die = false }: Processes): Promise<void> {
  const { side, setup, folder } = world
  const job: Job = { side, setup: { ...setup, policy: world.policy() }, folder, dies: die, task }
  const children = Array.from({ length: count }, () => fork(program, [JSON.stringify(job)], { execArgv: [] }))
  const gone = children.map(child => once(child, 'exit'))
  await Promise.all(children.map((child, index) => Promise.race([once(child, 'message'), gone[index]])))
  for (const child of children) if (child.connected) child.send('go')
  for (const [code, signal] of await Promise.all(gone)) {
    if (die ? signal !== 'SIGKILL' : code !== 0) throw new Error(`a process ended by ${signal ?? code}`)
  }
}
