import type { AdjustmentName } from './adjust.js'

/** What a field holds. */
export type Kind =
  | 'string'
  | 'number'
  | 'boolean'
  | 'strings'
  /** An object of the caller's own: its names are sent as they are. */
  | 'data'
  /** An object whose names are the service's. */
  | 'json'
  /** Any JSON value of the caller's own. */
  | 'any'
  /** RFC 6902, as a list or as `{ ops }`. */
  | 'patch'

/** A field: `string` may be left out, `string!` must be there, `string?` may be left out or `null`. */
export type Field = Kind | `${Kind}!` | `${Kind}?` | OneOf | Nested | List

/** A field with one of a few texts. */
export interface OneOf {
  readonly oneOf: readonly string[]
  readonly required?: true
}

/** A field with an object in it. */
export interface Nested {
  readonly object: Fields
  readonly required?: true
  /** Fields that are not listed are sent too. */
  readonly open?: true
}

/** A field with objects, or texts, in a list. */
export interface List {
  readonly list: Fields | 'string'
  readonly required?: true
  /** How many there may be. */
  readonly max?: number
  /** Fields that are not listed are sent too. */
  readonly open?: true
}

/** Fields by the name they have here. */
export interface Fields {
  readonly [name: string]: Field
}

/** One thing that can be asked of a service. Data alone: methods, types, checks and tests are made from it. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With parameters in braces. */
  readonly path: `/${string}`
  readonly query?: Fields
  readonly body?: Fields
  /** Fields of the body that are not listed are sent too. */
  readonly open?: true
  /** Sent where the caller says nothing. */
  readonly defaults?: Readonly<Record<string, unknown>>
  /** Sent in the body, whatever the caller says. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** Whose credential it takes. @defaultValue `agent` */
  readonly needs?: 'agent' | 'approver'
  /** A field that makes it an approver's where it is true. */
  readonly approverIf?: string
  /** Takes an `Idempotency-Key`. */
  readonly idempotent?: true
  /** Twice is not once: without an idempotency key it is not tried again. */
  readonly once?: true
  /** What else is done to the request. */
  readonly adjust?: AdjustmentName
  /** What an answer must be. @defaultValue anything; nothing is an empty object */
  readonly answer?: 'object' | 'list'
}

/** Endpoints by method name; some are grouped. */
export interface Area {
  readonly [name: string]: Endpoint | Area
}

/** Whether an entry of the table is an endpoint, and no group of them. */
export function isEndpoint(entry: Endpoint | Area): entry is Endpoint {
  return typeof entry['method'] === 'string'
}
