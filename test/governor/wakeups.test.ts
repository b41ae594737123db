import { describe, expect, it } from 'vitest'
import { Wakeups } from '../../src/wakeups.js'
import { settle, testClock } from '../support/governing.js'

type Changed = (key: string | undefined) => void

/** A store that tells, once it is let. */
function telling() {
  const asked: { readonly changed: Changed; readonly answer: PromiseWithResolvers<() => void> }[] = []
  const watch = (changed: Changed): Promise<() => void> => {
    const answer = Promise.withResolvers<() => void>()
    asked.push({ changed, answer })
    return answer.promise
  }
  return { asked, watch }
}

describe('who waits for what a store can tell of', () => {
  it('is woken by what it tells, and by nothing of others, with no need of a timer', async () => {
    const store = telling()
    const wakeups = new Wakeups(store)
    let isThere = false
    let looks = 0
    const look = async () => {
      looks++
      return isThere ? 'found' : undefined
    }
    const waiting = wakeups.until('mine', look, testClock(), undefined)
    await settle()
    store.asked[0]?.answer.resolve(() => undefined)
    await settle()
    // What was written before it could tell, it did not tell of: looked for once more.
    expect(looks).toBe(2)
    isThere = true
    store.asked[0]?.changed('of another')
    await settle()
    expect(looks).toBe(2)
    store.asked[0]?.changed('mine')
    expect(await waiting).toBe('found')
  })

  it('looks again where anything may have been missed', async () => {
    const store = telling()
    const wakeups = new Wakeups(store)
    const answers = [undefined, undefined, 'found']
    const waiting = wakeups.until('mine', async () => answers.shift(), testClock(), undefined)
    await settle()
    store.asked[0]?.answer.resolve(() => undefined)
    await settle()
    store.asked[0]?.changed(undefined)
    expect(await waiting).toBe('found')
  })

  it('looks now and then where the store cannot tell, and asks it again', async () => {
    const store = telling()
    const wakeups = new Wakeups(store)
    const clock = testClock()
    const answers = [undefined, undefined, 'found']
    const waiting = wakeups.until('mine', async () => answers.shift(), clock, undefined)
    await settle()
    expect(store.asked).toHaveLength(1)
    store.asked[0]?.answer.reject(new Error('no connection'))
    for (let turn = 0; turn < 2; turn++) {
      await settle()
      clock.advance(250)
    }
    expect(await waiting).toBe('found')
    expect(store.asked).toHaveLength(2)
  })

  it('asks it once, however many wait, and not before somebody does', async () => {
    const store = telling()
    const wakeups = new Wakeups(store)
    expect(await wakeups.until('a', async () => 'at once', testClock(), undefined)).toBe('at once')
    expect(store.asked).toEqual([])
    const stop = new AbortController()
    const waiting = ['a', 'b'].map(async key => wakeups.until(key, async () => undefined, testClock(), stop.signal))
    await settle()
    expect(store.asked).toHaveLength(1)
    stop.abort(new Error('enough'))
    for (const each of waiting) await expect(each).rejects.toThrow('enough')
  })
})
