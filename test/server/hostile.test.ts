import { describe, expect, it, vi } from 'vitest'
import { logError, logged } from '../../adapters/server/log.ts'
import { readQuery } from '../../src/service/protocol/validate.js'
import { operationsOf } from './from-document.js'
import { serve } from './support.js'

const EVALUATE = 'POST /actions/evaluate'

describe('numbers beyond what a number holds', () => {
  it.each([
    ['{"action":"refund","value":1e999}', ['body', 'value']],
    ['{"action":"refund","value":-1e999}', ['body', 'value']],
    [
      '{"action":"look","context":{"arguments":{"list":[1,{"n":1e400}]}}}',
      ['body', 'context', 'arguments', 'list', 1, 'n'],
    ],
  ])(
    'are refused with their place, as a limit or a record would take them for something else (%s)',
    async (raw, loc) => {
      await using service = serve()
      const { status, body } = await service.ask(EVALUATE, undefined, { raw })
      expect([status, body.detail]).toEqual([
        422,
        [{ loc, msg: 'Input should be a finite number', type: 'finite_number' }],
      ])
    },
  )

  it('are taken where they are only large, and are held as such', async () => {
    await using service = serve()
    const { body } = await service.ask(EVALUATE, undefined, { raw: `{"action":"refund","value":${'9'.repeat(300)}}` })
    expect(body.result).toBe('requires_approval')
  })
})

describe('what is large', () => {
  it('is held as ever, and no other form of it is looked for: each would be a copy of all of it', async () => {
    await using service = serve()
    const ask = async (count: number) => {
      const more = Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))
      const { body } = await service.ask(EVALUATE, { action: 'refund', value: 900, context: more })
      return [body.result, body.decision_intelligence.alternatives.length]
    }
    expect(await ask(10)).toEqual(['requires_approval', 1])
    expect(await ask(20_000)).toEqual(['requires_approval', 0])
  })

  it('takes time that grows only with its length, where it is a query', () => {
    const names = Array.from({ length: 60_000 }, (_, at) => at.toString(36))
    const startedAt = performance.now()
    const { query, problems } = readQuery(new URLSearchParams(`${names.join('=1&')}&a=2`), { a: { type: 'integer' } })
    expect([Object.keys(query).length, query['a']]).toEqual([60_000, 2])
    expect(problems).toHaveLength(59_999)
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})

describe('a JSON Patch', () => {
  it('that copies a value into itself again and again is refused before it is large', async () => {
    await using service = serve()
    const rule = { name: 'r', domain: 'd', max_value: 100, max_per_day: 5, metadata: { a: 1 } }
    const { rule_id: id } = (await service.boss('POST /rules', rule)).body
    const patch = Array.from({ length: 60 }, (_, at) => ({ op: 'copy', from: '/metadata', path: `/metadata/c${at}` }))
    const refused = await service.boss(`POST /rules/${id}/apply_patch`, { patch, preview: true })
    expect(refused).toMatchObject({ status: 422, body: { detail: { code: 'invalid_patch' } } })
    expect(refused.body.detail.message).toContain('too large')
    const few = await service.boss(`POST /rules/${id}/apply_patch`, { patch: patch.slice(0, 5), preview: true })
    expect(few.status).toBe(200)
  })
})

describe('names that mean something to the language', () => {
  it('are data in every request, and change no prototype', async () => {
    await using service = serve({ learning: true })
    const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    const { operations } = await operationsFrom(service)
    for (const [method, path] of operations) {
      const at = path.replaceAll(/\{\w+\}/g, '__proto__')
      const raw = `{"action":"look","context":${hostile},"metadata":${hostile},"details":${hostile},"__proto__":{"polluted":1},"value":{"polluted":1},"patch":[{"op":"add","path":"/__proto__/polluted","value":1},{"op":"add","path":"/constructor/prototype/polluted","value":1}]}`
      const query = '?__proto__=1&constructor=2&toString=3&hasOwnProperty=4'
      const sending = method === 'GET' ? {} : { raw }
      const { status } = await service.boss(`${method} ${at}${query}`, undefined, sending)
      expect(status, `${method} ${at}`).not.toBe(500)
    }
    expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined()
  })

  it('in paths are looked up as names, whatever they spell', async () => {
    await using service = serve()
    const { operations } = await operationsFrom(service)
    const names = ['%E0%A4%A', '%00', '..%2f..%2fetc%2fpasswd', 'constructor', '%0d%0aset-cookie:x=1', 'x'.repeat(5000)]
    for (const [method, path] of operations.filter(([, open]) => open.includes('{'))) {
      for (const name of names) {
        const at = path.replaceAll(/\{\w+\}/g, name)
        const answer = await service.boss(`${method} ${at}`, method === 'GET' ? undefined : {})
        expect(answer.status, `${method} ${at}`).toBeLessThan(500)
        expect(answer.headers.get('set-cookie')).toBeNull()
      }
    }
  })
})

async function operationsFrom({ server }: ReturnType<typeof serve>) {
  const document = await (await server.app.request('/openapi.json')).json()
  const operations = operationsOf(document as never).map(({ route }) => route.split(' ') as [string, string])
  return { operations: operations.filter(([, path]) => !path.startsWith('/auth')) }
}

describe('what is written to the log', () => {
  const error = new Error('no such tool: \u001b[2Jx\r\nERROR admin signed in\u2028and out')

  it('begins no line of its own and moves no cursor, whoever chose the words', () => {
    const text = logged(error)
    expect(text).not.toMatch(/[^\P{Cc}\n]|\u2028/u)
    expect(text).not.toMatch(/^ERROR/m)
    expect(text).toContain('\\u001b[2Jx')
    expect(text).toContain('hostile.test')
  })

  it('is what a server writes that nobody listens to', () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    logError(error)
    expect(written).toHaveBeenCalledWith(logged(error))
    written.mockRestore()
  })
})
