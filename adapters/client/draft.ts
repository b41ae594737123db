import { adjust, type Draft } from './adjust.js'
import { encodeFields, type Wire } from './encode.js'
import type { Endpoint, Fields } from './endpoint.js'
import { invalidRequest } from './problem.js'
import { wireName } from './wire.js'

const PARAMETER = /\{(\w+)\}/g

/** The parameters of a path: `rule_id`. */
export function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(PARAMETER)].map(([, name = '']) => name)
}

/** A path with its parameters in their places. */
export function fillPath(path: string, parameters: readonly string[]): string {
  let at = 0
  return path.replace(PARAMETER, () => parameters[at++] ?? '')
}

/**
 * A caller's arguments as the wire wants them.
 *
 * @throws GovernanceError `invalid-option`, naming it, for what cannot be sent
 */
export function draftOf(endpoint: Endpoint, place: string, ids: readonly unknown[], request: unknown): Draft {
  const names = parametersOf(endpoint.path)
  const parameters = names.map((name, at) => encodeId(ids[at], `${place}(${name})`))
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw invalidRequest(place, 'an object with the fields of the request')
  }
  const fields: Fields = { ...endpoint.query, ...endpoint.body }
  const wire = encodeFields(fields, withDefaults(request, endpoint.defaults), place, endpoint.open)
  const inQuery = new Set(Object.keys(endpoint.query ?? {}).map(wireName))
  const draft: Draft = {
    place,
    parameters,
    query: pick(wire, name => inQuery.has(name)),
    body: { ...pick(wire, name => !inQuery.has(name)), ...endpoint.fixed },
  }
  return endpoint.adjust === undefined ? draft : adjust(endpoint.adjust, draft)
}

/** A segment of a path. An empty one, or dots, would make it another path. */
function encodeId(id: unknown, place: string): string {
  const text = typeof id === 'number' && Number.isFinite(id) ? String(id) : id
  const isId = typeof text === 'string' && !['', '.', '..'].includes(text) && text.isWellFormed()
  if (!isId) throw invalidRequest(place, 'an id')
  return encodeURIComponent(text)
}

function withDefaults(request: object, defaults: Endpoint['defaults']): object {
  const given = Object.entries(request).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}

function pick(wire: Wire, isWanted: (name: string) => boolean): Wire {
  return Object.fromEntries(Object.entries(wire).filter(([name]) => isWanted(name)))
}
