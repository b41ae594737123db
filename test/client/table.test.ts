import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Area, type Endpoint, type Field, type Fields, isEndpoint } from '../../adapters/client/endpoint.js'
import { TABLE } from '../../adapters/client/endpoints/table.js'
import { OPAQUE } from '../../adapters/client/wire.js'
import { ask, queryOf } from './fake-connection.js'
import { PROTOCOL } from './protocol.js'

const CALLER_DATA = { keptName: 1, kept_name: 2 }

/** Something for every field, and what must be sent of it: written again here, so that a slip of the codec shows. */
const sample = (field: Field): readonly [given: unknown, sent: unknown] => {
  if (typeof field !== 'string') {
    if ('oneOf' in field) return [field.oneOf[0], field.oneOf[0]]
    if ('object' in field) return samples(field.object)
    if (field.list === 'string')
      return [
        ['a', 'b'],
        ['a', 'b'],
      ]
    const [given, sent] = samples(field.list)
    return [
      [given, given],
      [sent, sent],
    ]
  }
  switch (field.replace(/[!?]$/, '')) {
    case 'string':
      return ['text', 'text']
    case 'number':
      return [3, 3]
    case 'boolean':
      return [true, true]
    case 'strings':
      return [['a'], ['a']]
    case 'json':
      return [{ someName: 1 }, { some_name: 1 }]
    case 'patch':
      return [[{ op: 'remove', path: '/min_value' }], [{ op: 'remove', path: '/min_value' }]]
    default:
      return [CALLER_DATA, CALLER_DATA]
  }
}
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
const samples = (fields: Fields): readonly [Record<string, unknown>, Record<string, unknown>] => {
  const entries = Object.entries(fields).map(([name, field]) => ({ name, values: sample(field) }))
  return [
    Object.fromEntries(entries.map(({ name, values: [given] }) => [name, given])),
    Object.fromEntries(entries.map(({ name, values: [, sent] }) => [snake(name), sent])),
  ]
}

const rowsOf = (area: Area, prefix = ''): readonly (readonly [string, Endpoint])[] =>
  Object.entries(area).flatMap(([name, entry]) =>
    isEndpoint(entry) ? [[`${prefix}${name}`, entry] as const] : rowsOf(entry, `${prefix}${name}.`),
  )
const rows = rowsOf(TABLE)
const byName = new Map(rows)

/** Fields that endpoints with an adjustment take and do not send. */
const NOT_SENT: Readonly<Record<string, readonly string[]>> = {
  mergeMetadata: ['metadata'],
  reconcileKey: ['request_id', 'case_id', 'external_ref', 'tenant_ref', 'entity_id'],
}
const bodyOf = ({ adjust, fixed }: Endpoint, sent: Record<string, unknown>): object => {
  const isSent = (name: string): boolean => adjust === undefined || !(NOT_SENT[adjust] ?? []).includes(name)
  return { ...Object.fromEntries(Object.entries(sent).filter(([name]) => isSent(name))), ...fixed }
}

describe('the table of endpoints', () => {
  it('has the 127 pairs of method and path that clients of this service send, and no other', () => {
    const pairs = new Set(rows.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`))
    const documented = new Set(PROTOCOL.map(([, pair]) => pair.replaceAll(/\{\w+\}/g, '{}')))
    expect(documented.size).toBe(127)
    expect([...documented].filter(pair => !pairs.has(pair))).toEqual([])
    expect([...pairs].filter(pair => !documented.has(pair))).toEqual([])
  })

  it('has a row for every documented method, and documents every row', () => {
    expect(rows.map(([name]) => name).toSorted()).toEqual(PROTOCOL.map(([name]) => name).toSorted())
  })

  it('is documented, method by method, with what takes an approver in bold', () => {
    const text = readFileSync(new URL('../../docs/client.md', import.meta.url), 'utf8')
    const lines = [...text.matchAll(/^\| `([\w.]+)` +\| (.*) \|$/gm)]
    const documented = new Set(
      lines.flatMap(([, area = '', methods = '']) =>
        [...methods.matchAll(/(\*\*)?`([\w.]+)`/g)].map(([, bold, name]) => `${area}.${name}${bold ?? ''}`),
      ),
    )
    const names = rows.map(([name, { needs }]) => (needs === 'approver' ? `${name}**` : name))
    expect(names.filter(name => !documented.has(name))).toEqual([])
  })

  it('holds the caller’s own data only in fields that answers keep too', () => {
    const opaque = (fields: Fields): readonly string[] =>
      Object.entries(fields).flatMap(([name, field]) => {
        if (typeof field === 'string') return /^(data|patch)/.test(field) ? [snake(name)] : []
        if ('object' in field) return opaque(field.object)
        return 'list' in field && field.list !== 'string' ? opaque(field.list) : []
      })
    const names = rows.flatMap(([, { query, body }]) => opaque({ ...query, ...body }))
    expect(names.filter(name => !OPAQUE.has(name))).toEqual([])
  })

  it('sets defaults only for fields that there are, and of the right kind', () => {
    for (const [name, { query, body, defaults, approverIf }] of rows) {
      const fields: Fields = { ...query, ...body }
      for (const [key, value] of Object.entries(defaults ?? {})) {
        const field = Object.hasOwn(fields, key) ? fields[key] : undefined
        expect(field, `${name}.${key}`).toBe(typeof value)
      }
      if (approverIf !== undefined) expect(fields).toHaveProperty(approverIf, 'boolean')
    }
  })

  for (const [name, pair, fields = ''] of PROTOCOL) {
    it(`${name} sends ${pair}`, async () => {
      const endpoint = byName.get(name)
      if (endpoint === undefined) throw new Error(`no row ${name}`)
      const { service, last } = ask(() => (endpoint.answer === 'list' ? [] : {}))
      const method = name.split('.').reduce<any>((entry, part) => entry[part], service)
      const parameters = [...pair.matchAll(/\{\w+\}/g)].map((_, at) => `id/${at}?x`)
      const [given, sent] = samples({ ...endpoint.query, ...endpoint.body })
      const takesRequest = endpoint.query !== undefined || endpoint.body !== undefined
      await method(...parameters, ...(takesRequest ? [given] : []))

      const [verb = '', template = ''] = pair.split(' ')
      let at = 0
      const path = template.replaceAll(/\{\w+\}/g, () => encodeURIComponent(parameters[at++] ?? ''))
      expect(last().method).toBe(verb)
      expect(last().path.split('?')[0]).toBe(path)

      const documented = fields.split(' ').filter(field => field !== '')
      expect(Object.keys(sent).toSorted()).toEqual(documented.toSorted())
      if (endpoint.query === undefined) {
        expect(queryOf(last().path).size).toBe(0)
        expect(last().body).toEqual(endpoint.body === undefined ? undefined : bodyOf(endpoint, sent))
      } else {
        expect(Object.fromEntries(queryOf(last().path))).toEqual(
          Object.fromEntries(Object.entries(sent).map(([key, value]) => [key, String(value)])),
        )
        expect(last().body).toBeUndefined()
      }
    })
  }
})
