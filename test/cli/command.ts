import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGovernor, type Governor } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'

/** The command as it is built. */
export const COMMAND = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** What a command did. */
interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A directory of its own, and a clean environment. */
export interface Place extends Disposable {
  readonly directory: string
  readonly database: string
  /** Runs the command to its end. */
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ran>
  /** Runs the command, and reads what it wrote as JSON. */
  readonly json: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<any>
  /** Starts `serve` on a free port. */
  readonly serve: (args?: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Served>
}

/** A service that runs in a process of its own. */
interface Served extends AsyncDisposable {
  readonly url: string
  readonly announced: any
  readonly child: ChildProcess
  /** Waits for its end. */
  readonly ended: Promise<Ran>
}

/** Makes a place. */
export function place(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { child, ended: endOf(child) }
  }
  const run: Place['run'] = (args, env) => start(args, env).ended
  return {
    directory,
    database: join(directory, '.countersign', 'countersign.db'),
    run,
    json: async (args, env) => {
      const { stdout, stderr, code } = await run([...args, '--json'], env)
      if (code !== 0 && code !== 3) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    serve: async (args = [], env = {}) => {
      const { child, ended } = start(['serve', '--port', '0', '--json', ...args], env)
      const first = await Promise.race([once(child.stdout, 'data'), ended])
      if (!Array.isArray(first)) throw new Error(`serve ended with ${first.code}: ${first.stderr}`)
      const announced = JSON.parse(String(first[0]))
      const stop = async (): Promise<void> => {
        child.kill('SIGTERM')
        await ended
      }
      return { url: announced.url, announced, child, ended, [Symbol.asyncDispose]: stop }
    },
    [Symbol.dispose]: () => {
      rmSync(directory, { recursive: true })
    },
  }
}

async function endOf(child: ChildProcess): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** A governor over the database of a place, as a program has one. */
export function program({ database }: Place, options: Parameters<typeof createGovernor>[0] = {}): Governor {
  return createGovernor({ store: sqliteStore(database), actor: 'support-agent', ...options })
}

/** Lets calls be held: one for each amount. Their ids. */
export async function hold(
  at: Place,
  amounts: readonly number[],
): Promise<readonly { readonly approvalId: string; readonly decisionId: string }[]> {
  await using governor = program(at, { tools: { refund: { value: (input: any) => input.amount } } })
  const held = []
  for (const amount of amounts) {
    const execution = await governor.run({ id: `call-${amount}`, name: 'refund', input: { amount } }, () => 'paid')
    if (execution.status !== 'approval_required') throw new Error(execution.status)
    held.push({ approvalId: execution.approvalId, decisionId: execution.decision.id })
  }
  return held
}
