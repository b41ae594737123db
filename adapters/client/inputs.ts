import type { Endpoint, Field, Fields, Kind, List, Nested, OneOf } from './endpoint.js'

/** One operation of an RFC 6902 patch. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  /** JSON Pointer, with the names of the wire: `/max_value`. */
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

/** An RFC 6902 patch, bare or as recommendations carry it. */
export type JsonPatch =
  | readonly JsonPatchOperation[]
  | { readonly format?: string; readonly ops: readonly JsonPatchOperation[] }

interface ValuesByKind {
  readonly string: string
  readonly number: number
  readonly boolean: boolean
  readonly strings: readonly string[]
  readonly data: object
  readonly json: object
  readonly any: unknown
  readonly patch: JsonPatch
}

type ValueOf<FIELD> = FIELD extends Kind
  ? ValuesByKind[FIELD]
  : FIELD extends `${infer KIND extends Kind}!`
    ? ValuesByKind[KIND]
    : FIELD extends `${infer KIND extends Kind}?`
      ? ValuesByKind[KIND] | null
      : FIELD extends OneOf
        ? FIELD['oneOf'][number]
        : FIELD extends Nested
          ? Opened<FIELD, InputOf<FIELD['object']>>
          : FIELD extends List
            ? FIELD['list'] extends Fields
              ? readonly Opened<FIELD, InputOf<FIELD['list']>>[]
              : readonly string[]
            : never

/** What may be there besides the listed fields. */
type Opened<SPEC, INPUT> = SPEC extends { readonly open: true } ? INPUT & Readonly<Record<string, unknown>> : INPUT

type IsRequired<FIELD> = FIELD extends `${string}!` | { readonly required: true } ? true : false

type RequiredNames<FIELDS> = {
  [NAME in keyof FIELDS]: IsRequired<FIELDS[NAME]> extends true ? NAME : never
}[keyof FIELDS]

/** The object that holds these fields. */
type InputOf<FIELDS extends Readonly<Record<string, Field>>> = {
  readonly [NAME in RequiredNames<FIELDS>]: ValueOf<FIELDS[NAME]>
} & {
  readonly [NAME in Exclude<keyof FIELDS, RequiredNames<FIELDS>>]?: ValueOf<FIELDS[NAME]> | undefined
} extends infer INPUT
  ? { readonly [NAME in keyof INPUT]: INPUT[NAME] }
  : never

type QueryOf<ENDPOINT> = ENDPOINT extends { readonly query: infer QUERY } ? QUERY : unknown
type BodyOf<ENDPOINT> = ENDPOINT extends { readonly body: infer BODY } ? BODY : unknown
type FieldsOf<ENDPOINT> = QueryOf<ENDPOINT> & BodyOf<ENDPOINT>

/** What a call of an endpoint says. */
type RequestOf<ENDPOINT extends Endpoint> =
  FieldsOf<ENDPOINT> extends infer FIELDS extends Readonly<Record<string, Field>>
    ? Opened<ENDPOINT, InputOf<FIELDS>>
    : never

/** The argument that says it: none where there is nothing to say, one that may be left out where all of it may. */
export type RequestArguments<ENDPOINT extends Endpoint> = keyof FieldsOf<ENDPOINT> extends never
  ? []
  : RequiredNames<FieldsOf<ENDPOINT>> extends never
    ? [request?: RequestOf<ENDPOINT>]
    : [request: RequestOf<ENDPOINT>]

/** The parameters of a path, in their order. */
export type PathArguments<PATH extends string> = PATH extends `${string}{${string}}${infer REST}`
  ? REST extends `${string}{${string}}${string}`
    ? [id: string | number, part: string | number]
    : [id: string | number]
  : []
