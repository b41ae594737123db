import { knownKeys, oneOf } from 'countersign'
import type { Field, Fields, Kind, List } from './endpoint.js'
import { invalidRequest } from './problem.js'
import { OPAQUE, toWire, wireName } from './wire.js'

/** An object with the names of the wire. */
export type Wire = Record<string, unknown>

interface KindRules {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
  /** Sends it with the wire's names. @defaultValue as it is */
  readonly encode?: (value: unknown) => unknown
}

const KINDS: Readonly<Record<Kind, KindRules>> = {
  string: { expected: 'a text', holds: value => typeof value === 'string' },
  number: { expected: 'a finite number', holds: value => Number.isFinite(value) },
  boolean: { expected: 'true or false', holds: value => typeof value === 'boolean' },
  strings: { expected: 'a list of texts', holds: isTexts },
  data: { expected: 'an object', holds: isObject },
  json: { expected: 'an object', holds: isObject, encode: toWire },
  any: { expected: 'a JSON value', holds: value => typeof value !== 'function' && typeof value !== 'symbol' },
  patch: {
    expected: 'a list of JSON Patch operations, or `{ ops }` with one',
    holds: value => Array.isArray(opsOf(value)),
    encode: opsOf,
  },
}

/**
 * What is sent of a caller's fields.
 *
 * @throws GovernanceError `invalid-option`, naming the field, for one that is not known, missing, or something else than it should be
 */
export function encodeFields(fields: Fields, input: object, place: string, open?: boolean): Wire {
  if (open !== true) knownKeys(input, Object.keys(fields), place)
  const given = input as Readonly<Record<string, unknown>>
  const names = open === true ? new Set([...Object.keys(fields), ...Object.keys(input)]) : Object.keys(fields)
  const entries: [string, unknown][] = []
  for (const name of names) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value !== undefined) entries.push([wireName(name), encodeValue(field, name, value, `${place}.${name}`)])
    else if (field !== undefined && isRequired(field)) throw invalidRequest(`${place}.${name}`, 'it to be given')
  }
  return Object.fromEntries(entries)
}

function isRequired(field: Field): boolean {
  return typeof field === 'string' ? field.endsWith('!') : field.required === true
}

function encodeValue(field: Field | undefined, name: string, value: unknown, place: string): unknown {
  if (field === undefined) return OPAQUE.has(wireName(name)) ? value : toWire(value)
  if (typeof field === 'string') return encodeKind(field, value, place)
  if ('oneOf' in field) {
    oneOf(place, value, field.oneOf)
    return value
  }
  if ('list' in field) return encodeList(field, value, place)
  if (!isObject(value)) throw invalidRequest(place, 'an object')
  return encodeFields(field.object, value, place, field.open)
}

function encodeKind(field: string, value: unknown, place: string): unknown {
  if (value === null && field.endsWith('?')) return null
  const rules = KINDS[field.replace(/[!?]$/, '') as Kind]
  if (!rules.holds(value)) throw invalidRequest(place, rules.expected)
  return rules.encode === undefined ? value : rules.encode(value)
}

function encodeList({ list, max, open }: List, value: unknown, place: string): unknown {
  const isList = list === 'string' ? isTexts(value) : Array.isArray(value) && value.every(isObject)
  if (!isList) throw invalidRequest(place, list === 'string' ? 'a list of texts' : 'a list of objects')
  const items = value as readonly object[]
  if (max !== undefined && items.length > max) {
    throw invalidRequest(place, `no more than ${max} at once; there are ${items.length}`)
  }
  return list === 'string' ? items : items.map((item, at) => encodeFields(list, item, `${place}[${at}]`, open))
}

function opsOf(value: unknown): unknown {
  return isObject(value) && 'ops' in value ? value.ops : value
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
