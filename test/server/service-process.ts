import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EnforcementMode } from 'countersign'
import type { Place } from './place.ts'

const PROGRAM = fileURLToPath(new URL('child.ts', import.meta.url))

/** What a service in a process of its own is started with. */
export interface ServiceTask {
  readonly place: Place
  /** @defaultValue any that is free */
  readonly port?: number
  readonly mode?: EnforcementMode
  readonly unlisted?: 'allow'
  /** @defaultValue refunds are asked about, mail is limited, and the rest goes on */
  readonly policy?: { readonly rules: readonly [] }
  readonly approvals?: { readonly ttlMs: number }
  readonly maxRequestsPerMinute?: number
  /** Pages of a SQLite file beyond which its disk is full. */
  readonly maxPages?: number
  /** So many tenants have keys: `agent-key-of-tenant-0`, `approver-key-of-tenant-0`, … */
  readonly tenants?: number
}

/** How a service is asked. */
interface Asking {
  /** @defaultValue the agent's */
  readonly key?: string
  readonly repeat?: string
}

/** A service in another process. */
export interface ServiceProcess {
  readonly url: string
  readonly port: number
  // oxlint-disable-next-line typescript/no-explicit-any -- what a client reads of JSON
  readonly ask: (route: string, body?: unknown, how?: Asking) => Promise<{ status: number; body: any }>
  /** Its clock is so many milliseconds ahead of the machine's from here on, or behind. */
  readonly move: (ms: number) => Promise<void>
  /** What it wrote of its failures. */
  readonly errors: () => string
  /** Stops it, or lets it go on. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void
  /** As `kill -9` does. */
  readonly kill: () => Promise<void>
}

/** @throws Error where it ends before it listens */
export async function startService(task: ServiceTask): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdin.on('error', () => undefined)
  const exited = once(child, 'close')
  const lines = createInterface({ input: child.stdout })
  const next = async (): Promise<string> => {
    const [line] = (await Promise.race([once(lines, 'line'), exited])) as readonly unknown[]
    if (typeof line !== 'string') throw new Error(`a service ended: ${errors}`)
    return line
  }
  const port = Number(await next())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    ask: async (route, body, { key = 'agent-key-of-the-tests', repeat } = {}) => {
      const [method = '', path = ''] = route.split(' ')
      const response = await fetch(url + path, {
        method,
        headers: {
          'x-api-key': key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(repeat === undefined ? {} : { 'idempotency-key': repeat }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    },
    move: async ms => {
      child.stdin.write(`${ms}\n`)
      await next()
    },
    errors: () => errors,
    signal: signal => child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
