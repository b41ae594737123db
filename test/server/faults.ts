import { expect } from 'vitest'
import type { ServiceProcess } from './service-process.js'

const EVALUATE = 'POST /actions/evaluate'

/** What a service said to many questions, each under a key of its own. */
export interface Asked {
  /** Ids of decisions that were answered with a permission, by key. */
  readonly allowed: ReadonlyMap<string, string>
  /** Keys of what was not answered, or with anything else. */
  readonly refused: readonly string[]
  /** Settles when it is enough. */
  readonly until: (isEnough: () => boolean) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Asks without an end, several at a time. */
export function asking(service: ServiceProcess, lanes = 6): Asked {
  const [allowed, refused] = [new Map<string, string>(), [] as string[]]
  const over = new AbortController()
  const lane = async (name: number): Promise<void> => {
    for (let count = 0; !over.signal.aborted; count++) {
      const key = `${name}-${count}`
      const answer = await question(service, key).catch(() => undefined)
      if (answer?.status === 200 && answer.body.allowed === true) allowed.set(key, answer.body.request_id as string)
      else refused.push(key)
      // A failure comes sooner than a success: others get their turn.
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  const done = Promise.all(Array.from({ length: lanes }, (_, name) => lane(name)))
  return {
    allowed,
    refused,
    until: async isEnough => {
      while (!isEnough()) await new Promise(resolve => setTimeout(resolve, 5))
    },
    stop: async () => {
      over.abort()
      await done
    },
  }
}

/** One question; what it is about fills a disk. */
export function question(service: ServiceProcess, key: string): ReturnType<ServiceProcess['ask']> {
  const context = { session_id: 's', call_id: key, note: `${key} `.repeat(100) }
  return service.ask(EVALUATE, { action: 'look', actor: 'bot', context }, { repeat: key })
}

/** Everything that was permitted is still known by the same id; what was not was decided once, or not at all. */
export async function isWhole(service: ServiceProcess, { allowed, refused }: Asked): Promise<void> {
  for (const [key, id] of allowed) {
    const { status, body } = await question(service, key)
    expect({ status, id: body.request_id, result: body.result }, key).toEqual({ status: 200, id, result: 'allowed' })
  }
  for (const key of refused) {
    const first = await question(service, key)
    expect(first, key).toMatchObject({ status: 200, body: { result: 'allowed' } })
    expect((await question(service, key)).body.request_id, key).toBe(first.body.request_id)
  }
}
