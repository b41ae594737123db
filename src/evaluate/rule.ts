import type { ToolAnnotations } from '../tool-profile.js'
import type { Effect, EvaluationRequest } from '../types.js'

/** Comparisons a declarative condition may make. All that are given must hold. */
export interface Comparison {
  readonly eq?: unknown
  readonly ne?: unknown
  readonly in?: readonly unknown[]
  readonly notIn?: readonly unknown[]
  readonly lt?: number
  readonly lte?: number
  readonly gt?: number
  readonly gte?: number
  /** `/pattern/flags` in RE2 syntax: matching time grows only linearly with the text, whatever the pattern. */
  readonly matches?: string
  readonly startsWith?: string
  readonly exists?: boolean
}

/** Paths (`input.…`, `value`, `target`, `actor`, `domain`, `action`, `tool`, `metadata.…`, `session.…`) to comparisons, or to a value to equal. */
export type Conditions = Readonly<Record<string, Comparison | string | number | boolean | null>>

/** What a limit is kept per. `session` means the conversation; a tenant's counts are always its own. */
export type LimitScope = 'actor' | 'tool' | 'domain' | 'session' | 'user' | 'target' | 'tenant'

/** A limit on calls let through, or on a sum over them, in a sliding window. */
export interface LimitSpec {
  /** `calls`: count calls. */
  readonly count?: 'calls'
  /** `value`, or the path of a number (`input.quantity`): sum its absolute amount. */
  readonly sum?: string
  readonly per: LimitScope
  /** `30s`, `1m`, `24h`, `7d`, or milliseconds. */
  readonly window: string | number
  readonly max: number
}

/** Hours of a day, in a time zone. `from` is included, `to` is not; `from` later than `to` runs over midnight. */
export interface HoursSpec {
  /** `HH:MM` */
  readonly from: string
  /** `HH:MM` */
  readonly to: string
  /** Days on which the hours begin. @defaultValue every day */
  readonly days?: readonly Day[]
  /** IANA name. @defaultValue UTC */
  readonly timeZone?: string
}

/** A day of the week. */
export type Day = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/**
 * What a rule is made of. All keys given must hold for it to apply; then it answers with its effect.
 * Lists hold names or `*` patterns; `!name` excludes, and a list of exclusions alone means "anything but".
 */
export interface RuleSpec<TOOLS extends ToolSelection = ToolSelection> {
  /** Names or patterns of tools, or the tools themselves by name: then `input` has the type of their schema. @defaultValue all tools */
  readonly tools?: TOOLS
  readonly actors?: readonly string[]
  readonly domains?: readonly string[]
  readonly targets?: readonly string[]
  /** Models that proposed the call; an unknown model is on no list. */
  readonly models?: readonly string[]
  readonly annotations?: ToolAnnotations
  /** Conditions on paths, or a function. A function that throws or answers anything but true or false fails the evaluation. */
  readonly when?: Conditions | ((request: EvaluationRequest<RuleInput<TOOLS>>) => boolean)
  /** Applies when this call would take the count or the sum over `max`. */
  readonly limit?: LimitSpec
  /** Applies within these hours. */
  readonly during?: HoursSpec
  /** Applies outside of these hours. */
  readonly outside?: HoursSpec
  readonly effect: Effect
  /** Why, for people and for the model; `{input.amount}` is replaced. */
  readonly reason?: string
  /** Only for `deny`: blocks in every mode, advisory included. */
  readonly hard?: boolean
  /** Only for `require_approval`: what has been learnt may let such a call through unasked, while the bound on its error holds. */
  readonly autonomy?: boolean
}

/** A rule with its name. */
export interface Rule extends Omit<RuleSpec, 'tools' | 'when'> {
  readonly id: string
  readonly tools?: readonly string[]
  readonly when?: Conditions | ((request: never) => boolean)
}

/** Tool names and patterns, or a record of tools (AI SDK, LangChain) or of Standard Schemas by tool name. */
export type ToolSelection = readonly string[] | Readonly<Record<string, unknown>>

/** The input a rule's function receives: the union of the selected tools' inputs; untyped where only names are known. */
export type RuleInput<TOOLS> = TOOLS extends readonly string[]
  ? any // oxlint-disable-line typescript/no-explicit-any -- names carry no type, and the rule's author knows the shape
  : TOOLS extends object
    ? InputOf<TOOLS[keyof TOOLS]>
    : never

/** The input type of a tool or schema, read off its shape: Standard Schema, AI SDK `inputSchema`, LangChain `schema`. */
export type InputOf<T> = T extends { readonly '~standard': { readonly types?: infer TYPES } }
  ? NonNullable<TYPES> extends { readonly output: infer OUTPUT }
    ? OUTPUT
    : unknown
  : T extends { readonly inputSchema: infer SCHEMA }
    ? SchemaInput<SCHEMA>
    : T extends { readonly schema: infer SCHEMA }
      ? SchemaInput<SCHEMA>
      : unknown

/** The AI SDK's schemas are a union; the member that names its type in `_type` is the one to read, where there is one. */
type SchemaInput<SCHEMA> = [Extract<SCHEMA, { readonly _type: unknown }>] extends [never]
  ? InputOf<SCHEMA>
  : Extract<SCHEMA, { readonly _type: unknown }> extends { readonly _type: infer OUTPUT }
    ? OUTPUT
    : never

/**
 * One rule in TypeScript. Give the tools themselves and a misspelt field of `input` is a compile error:
 *
 * @example
 * rule('big-refund', { tools: { refund }, when: ({ input }) => input.amount > 100, effect: 'require_approval' })
 */
export function rule<const TOOLS extends ToolSelection = readonly string[]>(id: string, spec: RuleSpec<TOOLS>): Rule {
  const { tools, ...rest } = spec
  return { id, ...rest, ...(tools === undefined ? {} : { tools: isNames(tools) ? tools : Object.keys(tools) }) }
}

function isNames(tools: ToolSelection): tools is readonly string[] {
  return Array.isArray(tools)
}
