import { notFound } from '../../../service/protocol/refusal.js'
import type { Endpoint, Exchange } from '../endpoint.js'
import type { WireRecord } from '../world.js'

/** The fields that say something. */
export function bind(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

/** Stores the body as a new record of a collection. */
export function create(name: string, key: string, prefix: string): Endpoint['answer'] {
  return ({ world, body }: Exchange): WireRecord => {
    const id = world.id(prefix)
    const record = { [key]: id, ...body, created_at: world.now() }
    world.collection(name).set(id, record)
    return record
  }
}

/** The records of a collection, oldest first, that match the query. */
export function list(name: string, within?: string): Endpoint['answer'] {
  return ({ world, query }: Exchange): unknown => {
    const { limit = 50, offset = 0, ...filters } = query
    const records = [...world.collection(name).values()]
    const found = records.filter(record => matches(record, filters))
    const page = found.slice(offset as number, (offset as number) + (limit as number))
    return within === undefined ? page : { [within]: page, total: found.length, limit, offset }
  }
}

/** A filter that a record has no field for leaves nothing out. */
export function matches(record: WireRecord, filters: WireRecord): boolean {
  return Object.entries(filters).every(([name, value]) => !Object.hasOwn(record, name) || record[name] === value)
}

/** One record of a collection. */
export function read(name: string): Endpoint['answer'] {
  return (exchange: Exchange): WireRecord => recordOf(exchange, name)
}

/** Changes the fields of a record that the body has. */
export function change(name: string) {
  return (exchange: Exchange): WireRecord => {
    const changed = { ...recordOf(exchange, name), ...bind(exchange.body) }
    exchange.world.collection(name).set(idOf(exchange), changed)
    return changed
  }
}

/** Forgets a record. */
export function remove(name: string) {
  return (exchange: Exchange): WireRecord => {
    recordOf(exchange, name)
    exchange.world.collection(name).delete(idOf(exchange))
    return { success: true, deleted: true }
  }
}

/** The record that the path names. @throws Refusal 404 */
export function recordOf(exchange: Exchange, name: string): WireRecord {
  const record = exchange.world.collection(name).get(idOf(exchange))
  if (record === undefined) throw notFound(name)
  return record
}

function idOf({ params }: Exchange): string {
  return params['id'] ?? ''
}
