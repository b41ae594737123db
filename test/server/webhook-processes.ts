import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./webhook-child.ts', import.meta.url))

/** What a server in a process of its own is to do. */
export interface ServerTask {
  readonly database: string
  /** Of a webhook to register. */
  readonly url?: string
  /** How far its clock is ahead. */
  readonly laterMs?: number
  /** It is killed in the instant in which it would write down what is to be delivered. */
  readonly diesBeforeDeliveries?: boolean
}

/** A server in a process of its own, that runs what was built. */
export interface ServerProcess {
  /** Has it decide on so many calls. */
  readonly decide: (calls: number) => void
  /** As `kill -9` does. */
  readonly kill: () => Promise<void>
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** @throws Error where it ends before it is ready */
export async function startServer(task: ServerTask): Promise<ServerProcess> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  const exited = once(child, 'exit')
  const [first] = (await Promise.race([once(child.stdout, 'data'), exited])) as readonly unknown[]
  if (String(first) !== 'ready\n') throw new Error('the server did not start')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { decide: calls => child.stdin.write(`${calls}\n`), kill, ended: exited, [Symbol.asyncDispose]: kill }
}
