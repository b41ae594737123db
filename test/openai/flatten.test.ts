import { describe, expect, it } from 'vitest'
import { flattened, Segment } from '../../adapters/openai/run/flatten.js'
import { settle } from '../support/governing.js'
import { all } from './support.js'

async function* numbers(upTo: number, onEnd: () => void = () => undefined): AsyncGenerator<number> {
  try {
    for (let number = 1; number <= upTo; number++) yield number
  } finally {
    onEnd()
  }
}

const doubled = (part: unknown): readonly string[] => [`${String(part)}a`, `${String(part)}b`]
const never = (): boolean => false

describe('a generator with its segments read out', () => {
  it('gives events and the events of segments in their order, and comes to the same result', async () => {
    async function* inner() {
      yield 'first'
      yield new Segment(numbers(2), doubled, never)
      yield new Segment(numbers(3), () => [], never)
      yield 'last'
      return 'result'
    }
    const run = flattened<string, string>(inner())
    const seen: string[] = []
    for (;;) {
      const { done, value } = await run.next()
      if (done === true) {
        expect(value).toBe('result')
        break
      }
      seen.push(value)
    }
    expect(seen).toEqual(['first', '1a', '1b', '2a', '2b', 'last'])
    expect(await run.next()).toEqual({ done: true, value: undefined })
  })

  it('takes steps one after the other, however many are asked for at once', async () => {
    async function* inner() {
      yield new Segment(numbers(3), part => [String(part)], never)
      yield 'last'
    }
    const run = flattened<string, void>(inner())
    const steps = await Promise.all(Array.from({ length: 6 }, () => run.next()))
    expect(steps.map(({ value }) => value)).toEqual(['1', '2', '3', 'last', undefined, undefined])
  })

  it('stops reading where a segment is over, and lets go of its stream', async () => {
    let ended = false
    let last: unknown
    async function* inner() {
      const map = (part: unknown): readonly string[] => {
        last = part
        return [String(part)]
      }
      yield new Segment(
        numbers(9, () => (ended = true)),
        map,
        () => last === 2,
      )
      yield 'after'
    }
    expect(await all(flattened<string, void>(inner()))).toEqual(['1', '2', 'after'])
    await settle()
    expect(ended).toBe(true)
  })

  it('hands what a stream or its mapping throws to whoever made the segment', async () => {
    const failing = async function* (): AsyncGenerator<number> {
      yield 1
      throw new Error('socket')
    }
    const found: unknown[] = []
    async function* inner() {
      for (const segment of [
        new Segment<string>(failing(), part => [String(part)], never),
        new Segment<string>(
          numbers(3),
          () => {
            throw new Error('mapping')
          },
          never,
        ),
      ]) {
        yield segment
        found.push((segment.failure as { readonly error: Error }).error.message)
      }
      throw new Error('inner')
    }
    const run = flattened<string, void>(inner())
    expect((await run.next()).value).toBe('1')
    await expect(run.next()).rejects.toThrow('inner')
    expect(found).toEqual(['socket', 'mapping'])
    expect((await run.next()).done).toBe(true)
  })

  it('left early, lets go of the stream and of the generator', async () => {
    const ended: string[] = []
    async function* inner() {
      try {
        yield new Segment(
          numbers(9, () => ended.push('stream')),
          part => [String(part)],
          never,
        )
      } finally {
        ended.push('inner')
      }
    }
    for await (const event of flattened<string, void>(inner())) if (event === '2') break
    expect(ended).toEqual(['stream', 'inner'])
    const thrown = flattened<string, void>(inner())
    await thrown.next()
    await expect(thrown.throw(new Error('stop'))).rejects.toThrow('stop')
    expect(ended).toHaveLength(4)
    await flattened<string, void>(inner())[Symbol.asyncDispose]()
  })
})
