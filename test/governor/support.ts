import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from 'countersign'
import type { CallScope, Execution, GovernorOptions, PolicyDocument, Store, ToolCall } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { afterAll, describe } from 'vitest'
import { type Governed, govern, type TestClock } from '../support/governing.js'

/** Makes a store; asked again, another one, or the same as a second process sees it. */
export interface Stores {
  readonly fresh: () => Store
  /** Two ways to the same records, as two processes have them. */
  readonly pair: () => readonly [Store, Store]
}

/** The same tests over each store that comes with the package. */
export function onEachStore(title: string, tests: (stores: Stores) => void): void {
  describe(`${title} (memory)`, () => {
    const pair = (): readonly [Store, Store] => {
      const store = memoryStore()
      return [store, store]
    }
    tests({ fresh: () => memoryStore(), pair })
  })
  describe(`${title} (sqlite)`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-'))
    const opened: Store[] = []
    let files = 0
    const open = (path: string): Store => {
      const store = sqliteStore(path)
      opened.push(store)
      return store
    }
    afterAll(async () => {
      for (const store of opened) await store.close()
      rmSync(directory, { recursive: true })
    })
    const path = (): string => join(directory, `${++files}`, 'store.db')
    const pair = (): readonly [Store, Store] => {
      const shared = path()
      return [open(shared), open(shared)]
    }
    tests({ fresh: () => open(path()), pair })
  })
}

/** Every call is held. */
export const HELD: PolicyDocument = { rules: [{ id: 'ask', effect: 'require_approval', reason: 'over 100' }] }

/** A governor with a tool that notes what it was called with. */
export interface Bench extends Governed {
  /** Inputs the tool was called with. */
  readonly ran: unknown[]
  readonly run: (proposed: ToolCall, scope?: CallScope) => Promise<Execution>
  /** Brings a call that is to be held, and gives back the id of its request. */
  readonly ask: (proposed: ToolCall, scope?: CallScope) => Promise<string>
  readonly types: () => string[]
}

export function bench(options: Omit<GovernorOptions, 'clock'> & { readonly clock?: TestClock } = {}): Bench {
  const governed = govern({ policy: HELD, ...options })
  const ran: unknown[] = []
  const run = (proposed: ToolCall, scope?: CallScope): Promise<Execution> =>
    governed.governor.run(
      proposed,
      ({ input }) => {
        ran.push(input)
        return `done ${ran.length}`
      },
      scope,
    )
  const ask = async (proposed: ToolCall, scope?: CallScope): Promise<string> => {
    const execution = await run(proposed, scope)
    if (execution.status !== 'approval_required') throw new Error(`the call was not held: ${execution.status}`)
    return execution.approvalId
  }
  return { ...governed, ran, run, ask, types: () => governed.events.map(({ type }) => type) }
}

/** What the model reads of a call. */
export const textOf = (execution: Execution): string => ('message' in execution ? execution.message : '')

/** The code of the error that a promise rejects with. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
  return 'nothing was thrown'
}

/** Lets real work go on (a store on disk) until something has become true. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5000 && !isTrue(); turn++) await new Promise(resolve => setImmediate(resolve))
  if (!isTrue()) throw new Error('it did not become true')
}

/** Lets real work and the clock go on together until a promise has settled: another process is found by looking again. */
export async function pump<T>(clock: TestClock, work: Promise<T>): Promise<T> {
  const state = { isSettled: false }
  const note = (): void => {
    state.isSettled = true
  }
  work.then(note, note)
  for (let turn = 1; turn <= 5000 && !state.isSettled; turn++) {
    await new Promise(resolve => setImmediate(resolve))
    if (turn % 5 === 0) clock.advance(60)
  }
  if (!state.isSettled) throw new Error('it did not settle')
  return work
}
