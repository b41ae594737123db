import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A service in a process of its own. */
export interface Service {
  readonly child: ChildProcess
  readonly port: number
}

/** What a service holds, once its garbage is collected. */
export interface Held {
  readonly heapMiB: number
  readonly rssMiB: number
  /** Of its database. */
  readonly storedMiB: number
  /** Microseconds of the processor that it has used so far. */
  readonly cpuUs: number
}

/** Starts a service that decides, or one that echoes. */
export async function start(kind: 'echo' | 'decide'): Promise<Service> {
  const program = fileURLToPath(new URL('server.ts', import.meta.url))
  const child = fork(program, [kind], { execArgv: ['--expose-gc'] })
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
  return { child, port }
}

/** Asks a service what it holds. */
export async function heldBy({ child }: Service): Promise<Held> {
  child.send('memory')
  const [held] = (await once(child, 'message')) as [Held]
  return held
}
