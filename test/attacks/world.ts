import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeskPolicy, Effect, Ending, Setup } from './attack.ts'

/** What guards the tools: the framework alone, with its HMAC secret besides, or a governor on one of its stores. */
export type Side = 'bare' | 'signed' | 'memory' | 'sqlite'

/** The machine's clock, which can be moved on. */
interface MovableClock {
  readonly now: () => number
  readonly after: (ms: number, action: () => void) => () => void
  readonly advance: (ms: number) => void
}

/** What is there besides the conversation, in every process that takes part. */
export interface World {
  readonly side: Side
  readonly setup: Setup
  /** Holds all that processes share. */
  readonly folder: string
  readonly clock: MovableClock
  /** The policy in force; the next request sees another one. */
  readonly policy: () => DeskPolicy
  readonly deploy: (policy: DeskPolicy) => void
  /** Tells that an effect happened. */
  readonly happened: (effect: Effect) => void
  /** Tells that a request failed as a whole. */
  readonly failed: (error: unknown) => void
  readonly ending: () => Required<Ending>
  readonly remove: () => void
}

interface WorldOptions {
  /** One that another process has made. @defaultValue a new one */
  readonly folder?: string
  /** The process is killed right after its first effect, before anybody hears of it. */
  readonly dies?: boolean
}

export function openWorld(side: Side, setup: Setup = {}, options: WorldOptions = {}): World {
  const { folder = mkdtempSync(join(tmpdir(), 'countersign-attack-')), dies = false } = options
  const [effects, failures] = [lines(join(folder, 'effects')), lines(join(folder, 'failures'))]
  let policy = setup.policy ?? {}
  return {
    side,
    setup,
    folder,
    clock: movableClock(),
    policy: () => policy,
    deploy: next => {
      policy = next
    },
    happened: effect => {
      effects.add(effect)
      if (dies) process.kill(process.pid, 'SIGKILL')
    },
    failed: error => failures.add(String(error)),
    ending: () => ({ ran: effects.all().toSorted(), failed: failures.all() }),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** A list in a file: processes add to it at the same time, and what they added outlives them. */
function lines(path: string) {
  return {
    add: (text: string): void => appendFileSync(path, `${JSON.stringify(text)}\n`),
    all: (): readonly string[] =>
      existsSync(path)
        ? readFileSync(path, 'utf8')
            .trim()
            .split('\n')
            .map(line => JSON.parse(line) as string)
        : [],
  }
}

function movableClock(): MovableClock {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    after: (ms, action) => {
      const timer = setTimeout(action, ms)
      return () => clearTimeout(timer)
    },
    advance: ms => {
      ahead += ms
    },
  }
}
