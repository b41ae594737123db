import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { least, type Operation, operationsOf, requestsTo } from './from-document.js'
import { type Answer, serve, type Served } from './support.js'

const DOCS = fileURLToPath(new URL('../../docs/service.md', import.meta.url))
/** Kinds of problems that checking a request by its shape finds. */
const SHAPES =
  'missing extra_forbidden too_long too_short greater_than_equal less_than_equal string_type float_type int_type bool_type dict_type list_type'.split(
    ' ',
  )
const BEGIN = '<!-- endpoints -->\n'
const END = '<!-- /endpoints -->'

const documentOf = async (service: Served) => {
  const { body } = await service.ask('GET /openapi.json', undefined, { key: '' })
  return body as {
    readonly openapi: string
    readonly paths: Record<string, Record<string, { readonly operationId: string }>>
  }
}

/** What every refusal must say: why, and where if something that was sent is wrong. */
function expectRefusal({ status, body }: Answer, sent: unknown): void {
  expect([500, 502, 503, 504], JSON.stringify([sent, body])).not.toContain(status)
  if (status < 400) return
  expect(body.request_id).toMatch(/^req_/)
  const { detail } = body
  if (Array.isArray(detail)) {
    expect(status).toBe(422)
    expect(detail.length).toBeGreaterThan(0)
    for (const { loc, msg, type } of detail) {
      expect(['body', 'query', 'header', 'path']).toContain(loc[0])
      expect(msg).not.toBe('')
      expect(type).not.toBe('')
    }
  } else if (typeof detail === 'string') expect(detail).not.toBe('')
  else expect(detail).toMatchObject({ code: expect.stringMatching(/^\w+$/), message: expect.stringMatching(/.{3}/) })
}

describe('the document of a service', () => {
  it('says everything that is answered, each by one name', async () => {
    await using service = serve()
    const document = await documentOf(service)
    expect(document.openapi).toBe('3.1.0')
    const ids = Object.values(document.paths).flatMap(methods =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(document.paths['/actions/evaluate']?.['post']).toMatchObject({
      security: [{ key: [] }, { bearer: [] }],
      requestBody: {
        content: {
          'application/json': {
            schema: {
              required: ['action'],
              properties: { action: { type: 'string' }, value: { type: ['number', 'null'] } },
            },
          },
        },
      },
      responses: { 422: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } } } },
    })
  })

  it('is what the table in the documentation says', async () => {
    await using service = serve()
    const rows: string[] = []
    for (const operation of operationsOf(await documentOf(service))) {
      const { route, body } = least(operation)
      const { status } = await service.boss(route, body)
      const asked = await service.ask(route, body)
      const unknown = await service.ask(route, body, { key: '' })
      const who = asked.status === 403 ? 'approver' : unknown.status === 401 ? 'agent' : 'no key'
      rows.push(`| \`${operation.route}\` | ${status === 501 ? '501' : 'data of the store'} | ${who} |`)
    }
    const table = ['| route | answers with | needs |', '| --- | --- | --- |', ...rows.toSorted(), ''].join('\n')
    const text = readFileSync(DOCS, 'utf8')
    const [before = '', rest = ''] = text.split(BEGIN)
    const [found, after = ''] = rest.split(END)
    const tidy = (of = ''): string => of.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim()
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCS, `${before}${BEGIN}\n${table}\n${END}${after}`)
    else expect(tidy(found), 'run the test with UPDATE_DOCS=1 to write the table').toBe(tidy(table))
  })

  it('generates requests that are never a failure of the service, and whose refusals say where or why', async () => {
    await using service = serve({
      maxRequestsPerMinute: 1e9,
      onError: error => {
        throw error
      },
    })
    const operations = operationsOf(await documentOf(service))
    const request = fc.constantFrom(...operations).chain((operation: Operation) => requestsTo(operation, 1))
    await fc.assert(
      fc.asyncProperty(request, fc.boolean(), async ({ route, body }, isBoss) => {
        const answer = await (isBoss ? service.boss(route, body) : service.ask(route, body))
        expectRefusal(answer, { route, body })
      }),
      { numRuns: 1500 },
    )
  }, 60_000)

  it('takes what it says it takes: nothing in order is found to be wrong', async () => {
    await using service = serve({ maxRequestsPerMinute: 1e9 })
    const operations = operationsOf(await documentOf(service))
    // What is found wrong by the shape of it; words and times have meanings besides, which a schema does not tell.
    const shapes = new Set(SHAPES)
    const request = fc.constantFrom(...operations).chain((operation: Operation) => requestsTo(operation, 0))
    await fc.assert(
      fc.asyncProperty(request, async ({ route, body }) => {
        const { status, body: said } = await service.boss(route, body)
        if (status !== 422 || !Array.isArray(said.detail)) return
        const wrong = said.detail.filter(({ type }: { type: string }) => shapes.has(type))
        expect(wrong, JSON.stringify({ route, body })).toEqual([])
      }),
      { numRuns: 500 },
    )
  }, 60_000)
})
