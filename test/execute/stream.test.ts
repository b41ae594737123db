import { streamGoverned } from 'countersign'
import type { Execution, Governor } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern } from '../support/governing.js'

const refuse = (execution: Execution): string => `refused: ${execution.status}`
const open = (
  governor: Governor,
  source: () => AsyncIterable<string> | Promise<string> | string,
): AsyncGenerator<string> => streamGoverned<string>(execute => governor.run(call('t'), execute), source, refuse)
const collect = async (stream: AsyncIterable<string>): Promise<string[]> => {
  const chunks: string[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}
async function* letters(): AsyncGenerator<string> {
  yield 'a'
  yield 'b'
}

describe('a streaming tool', () => {
  it('streams once it is allowed, and has ended with its stream', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    expect(await collect(open(governor, letters))).toEqual(['a', 'b'])
    const [record] = await governor.decisions.list()
    expect(record?.execution?.status).toBe('executed')
  })

  it.each([
    ['a value', () => 'x'],
    ['a promise', () => Promise.resolve('x')],
  ])('may give %s instead of a stream', async (_what, source) => {
    expect(await collect(open(govern({ unlisted: 'allow' }).governor, source))).toEqual(['x'])
  })

  it('is not opened when it is refused', async () => {
    expect(await collect(open(govern({ unlisted: 'deny' }).governor, () => expect.unreachable()))).toEqual([
      'refused: blocked',
    ])
    expect(await collect(open(govern().governor, () => expect.unreachable()))).toEqual(['refused: approval_required'])
  })

  it('that fails has failed, with what it had streamed', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const stream = open(governor, async function* () {
      yield 'a'
      throw new RangeError('broken')
    })
    const chunks: string[] = []
    await expect(
      (async () => {
        for await (const chunk of stream) chunks.push(chunk)
      })(),
    ).rejects.toThrow('broken')
    expect(chunks).toEqual(['a'])
    const [record] = await governor.decisions.list()
    expect(record?.execution).toMatchObject({ status: 'tool_error', error: 'RangeError: broken' })
  })

  it('that nobody reads on ends with its signal, and does not keep the governor from closing', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const abort = new AbortController()
    let isClean = false
    const source = async function* () {
      try {
        yield* letters()
      } finally {
        isClean = true
      }
    }
    const run = (execute: Parameters<typeof governor.run>[1]) =>
      governor.run(call('t'), execute, { signal: abort.signal })
    const stream = streamGoverned<string>(run, source, refuse)
    expect(await stream.next()).toEqual({ done: false, value: 'a' })
    abort.abort()
    await governor.close()
    expect(isClean).toBe(true)
    const [receipt] = await governor.receipts.list()
    expect(receipt).toMatchObject({ status: 'failed' })
    await expect(stream.next()).rejects.toThrow()
  })

  it('whose reader stops early is cut off, and recorded so', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    for await (const chunk of open(governor, letters)) {
      expect(chunk).toBe('a')
      break
    }
    const [record] = await governor.decisions.list()
    expect(record?.execution?.error).toMatch(/^AbortError: /)
  })

  it('passes on what the governed run throws', async () => {
    const stream = streamGoverned<string>(() => Promise.reject(new Error('signal')), letters, refuse)
    await expect(collect(stream)).rejects.toThrow('signal')
  })
})
