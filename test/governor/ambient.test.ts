import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isPromiseLike, newId, sha256, systemClock } from '../../src/ambient.js'
import { nearest, suggestion } from '../../src/errors.js'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('an id', () => {
  it('is a UUID of version 7 that carries its time', () => {
    const at = 0x0fff_ffff_ffff
    expect(newId(at)).toMatch(/^0fffffff-ffff-7000-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('is greater than the one before, though time stands still or runs backwards', () => {
    const start = 0x1000_0000_0000
    const ids: string[] = []
    for (let index = 0; index < 10_000; index++) ids.push(newId(index % 3 === 0 ? start - index : start))
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a hash', () => {
  const text = 'größe 🎉'
  const expected = createHash('sha256').update(text).digest('hex')

  it('is made at once where Node is there', () => {
    expect(sha256(text)).toBe(expected)
  })

  it('is the same, a little later, where only the web is', async () => {
    vi.stubGlobal('process', undefined)
    vi.resetModules()
    const web = (await import('../../src/ambient.js')).sha256(text)
    expect(isPromiseLike(web)).toBe(true)
    expect(await web).toBe(expected)
  })
})

describe('a governor where only the web is', () => {
  it('decides, matches patterns and runs all the same, and needs a store', async () => {
    vi.stubGlobal('process', undefined)
    vi.resetModules()
    const { createGovernor, memoryStore } = await import('../../src/index.js')
    const governor = createGovernor({
      store: memoryStore(),
      policy: [
        { id: 'any', effect: 'allow' },
        { id: 'drop', effect: 'deny', when: { 'input.q': { matches: String.raw`/\bdrop\b/i` } } },
      ],
    })
    const run = async (q: string): Promise<string> =>
      (await governor.run({ id: q, name: 't', input: { q } }, () => 1)).status
    expect(await Promise.all([run('select'), run('DROP it')])).toEqual(['executed', 'blocked'])
    const prepared = { id: '1', name: 't', input: { q: 'select' } }
    const { decision } = await governor.prepare(prepared)
    expect((await governor.run(prepared, () => 1)).decision.id).toBe(decision.id)
    expect(decision.policy.version).toMatch(/^[0-9a-f]{16}$/)
    expect(() => createGovernor()).toThrow('this runtime has no node:sqlite')
    expect(() => createGovernor({ store: memoryStore(), policy: 'policy.yaml' })).toThrow(
      'policy.yaml: this runtime has no file system; pass the policy as an object',
    )
  })

  it('refuses a bad pattern at start-up although the engine is not there yet', async () => {
    vi.stubGlobal('process', undefined)
    vi.resetModules()
    const { definePolicy, parsePolicy } = await import('../../src/index.js')
    const bad = (matches: string) => () =>
      definePolicy({ rules: [{ id: 'r', effect: 'deny', when: { target: { matches } } }] })
    expect(bad('/(/')).toThrow('rules[0].when.target.matches: bad pattern')
    expect(bad('/(?=a)/')).toThrow('look-around is not part of RE2 syntax')
    expect(() => parsePolicy('rules: []')).toThrow(
      'policy: this runtime cannot load the YAML reader; pass the policy as an object',
    )
  })
})

describe('the clock of the machine', () => {
  it('tells the time, calls once, and can be called off; a test may fake what is beneath it', () => {
    vi.useFakeTimers({ now: 5 })
    const action = vi.fn()
    const cancelled = vi.fn()
    systemClock.after(10, action)
    systemClock.after(10, cancelled)()
    expect(systemClock.now()).toBe(5)
    vi.advanceTimersByTime(9)
    expect(action).not.toHaveBeenCalled()
    vi.advanceTimersByTime(20)
    expect(action).toHaveBeenCalledTimes(1)
    expect(cancelled).not.toHaveBeenCalled()
  })
})

describe('the name that was meant', () => {
  it.each([
    ['failmode', 'failMode'],
    ['fail_mode', 'failMode'],
    ['stroe', 'store'],
    ['x', undefined],
    ['completely different', undefined],
    ['', undefined],
  ])('by %j is %j', (name, meant) => {
    expect(nearest(name, ['failMode', 'store', 'decisions'])).toBe(meant)
    expect(suggestion(name, ['failMode', 'store', 'decisions'])).toBe(
      meant === undefined ? '' : ` Did you mean "${meant}"?`,
    )
  })

  it('is the nearest of several, and the first of equals', () => {
    expect(nearest('ab', ['abcd', 'abc', 'abd'])).toBe('abc')
  })
})
