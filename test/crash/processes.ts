import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Task } from './task.js'

const PROGRAM = fileURLToPath(new URL('./child.ts', import.meta.url))

/** How a process came to its end. */
interface Ended {
  readonly signal: string | null
  /** What each of its calls came to, as far as it said. */
  readonly answers: readonly { readonly id: string; readonly status: string; readonly output?: unknown }[]
}

/** A real process, that runs what was built. */
export interface Process {
  readonly ready: Promise<void>
  readonly go: () => void
  readonly kill: () => void
  /** @throws Error where it failed by itself */
  readonly ended: Promise<Ended>
}

export function start(task: Task): Process {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ready = Promise.withResolvers<void>()
  let text = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.startsWith('ready\n')) ready.resolve()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  // A child that was killed does not read its input any more.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      ready.resolve()
      if (signal === null && code !== 0) return reject(new Error(`a process failed: ${errors}`))
      // What follows the last line break may be the half of a line that a kill cut off.
      const lines = text.split('\n').slice(1, -1)
      resolve({ signal, answers: lines.map(line => JSON.parse(line) as Ended['answers'][number]) })
    })
  })
  return { ready: ready.promise, go: () => child.stdin.write('go\n'), kill: () => child.kill('SIGKILL'), ended }
}
