import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Place } from './place.ts'

const PROGRAM = fileURLToPath(new URL('governor-child.ts', import.meta.url))

/** What a governor in a process of its own is started with. */
export interface GovernorTask {
  /** Of the governors, who share it. */
  readonly place: Place
  /** Of the decision service. */
  readonly url: string
  /** A file with a line for each effect. */
  readonly bank: string
}

/** A call that a governor is to run. */
export interface Brought {
  readonly id: string
  readonly tool: 'refund' | 'look' | 'mail'
  readonly input: unknown
  readonly user?: string
  /** Until a person has answered. @defaultValue false */
  readonly waits?: boolean
  /** Where it stands still until its process is killed: once the service has answered, before its effect, or right after it. */
  readonly standsAt?: 'answered' | 'begun' | 'done'
}

/** What a governor is told. */
export type Order = { readonly number: number; readonly bring: Brought } | { readonly ahead: number }

/** What became of a call. */
interface Ended {
  readonly status: 'executed' | 'blocked' | 'approval_required' | 'tool_error'
  readonly message?: string
  readonly output?: string
  /** How the service knows it. */
  readonly requestId?: string
  /** How the governors know their own request to a person. */
  readonly approvalId?: string
}

/** A governor in another process. */
export interface GovernorProcess {
  readonly run: (brought: Brought) => Promise<Ended>
  /** Brings a call that stands still; settles when it does. */
  readonly stands: (brought: Brought) => Promise<void>
  readonly move: (ms: number) => Promise<void>
  /** As `kill -9` does. */
  readonly kill: () => Promise<void>
}

/** Starts a governor. */
export async function startGovernor(task: GovernorTask): Promise<GovernorProcess> {
  const child = fork(PROGRAM, [JSON.stringify(task)], { execArgv: [] })
  const exited = once(child, 'exit')
  type Message = { number?: number; execution?: Ended; error?: string; stands?: string; moved?: true; ready?: true }
  const waiting: { readonly wants: (message: Message) => boolean; readonly done: (message: Message) => void }[] = []
  const told = (wants: (message: Message) => boolean): Promise<Message> => {
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    waiting.push({ wants, done: resolve })
    exited.then(() => reject(new Error('the governor ended')), reject)
    // Whoever kills it does not wait for what it was doing.
    promise.catch(() => undefined)
    return promise
  }
  child.on('message', (message: Message) => {
    for (const { wants, done } of waiting) if (wants(message)) done(message)
  })
  await told(({ ready }) => ready === true)
  let count = 0
  const send = (order: Order): unknown => child.send(order)
  return {
    run: async bring => {
      const number = ++count
      const answered = told(message => message.number === number)
      send({ number, bring })
      const { execution, error } = await answered
      if (execution === undefined) throw new Error(error)
      return execution
    },
    stands: async bring => {
      const standing = told(({ stands }) => stands === bring.id)
      send({ number: ++count, bring })
      await standing
    },
    move: async ahead => {
      const moved = told(message => message.moved === true)
      send({ ahead })
      await moved
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
