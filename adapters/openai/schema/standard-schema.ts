import type { Awaitable } from 'countersign'
import { GovernanceError } from 'countersign'
import type { JsonSchema } from './json-schema.js'

/** What a schema says is wrong. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Writes what a schema takes as JSON Schema, in one of the drafts that a library knows. */
type WriteSchema = (options: { readonly target: 'draft-2020-12' | 'draft-07' }) => Record<string, unknown>

/** The part of Standard Schema (standardschema.dev) that is used: zod, Valibot, ArkType and others have it. */
export interface StandardSchema<OUTPUT = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Awaitable<SchemaResult<OUTPUT>>
    readonly types?: { readonly input: unknown; readonly output: OUTPUT } | undefined
    /** Some libraries can write themselves as JSON Schema. */
    readonly jsonSchema?: { readonly input: WriteSchema } | undefined
  }
}

/** What validating comes to. */
export type SchemaResult<OUTPUT> =
  | { readonly value: OUTPUT; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What a schema parses to; anything, where its type does not say. */
// oxlint-disable-next-line typescript/no-explicit-any -- a JSON schema carries no type, and the tool's author knows the shape
export type ParsedBy<SCHEMA> = SCHEMA extends StandardSchema<infer OUTPUT> ? OUTPUT : any

/** Whether it is a Standard Schema; some are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as Partial<StandardSchema>)['~standard']
  return typeof standard?.validate === 'function'
}

/**
 * A schema as the model is to see it.
 *
 * @throws GovernanceError `invalid-option` where the library cannot write it as JSON Schema
 */
export function describedBy(schema: StandardSchema, tool: string): JsonSchema {
  const write = schema['~standard'].jsonSchema?.input
  const place = `Option \`${tool}.parameters\`: `
  if (write === undefined) {
    throw new GovernanceError(
      'invalid-option',
      `${place}it cannot write itself as JSON Schema; say what the model is to see in \`jsonSchema\``,
    )
  }
  try {
    return write({ target: 'draft-2020-12' })
  } catch {
    return olderDraft(write, place)
  }
}

function olderDraft(write: WriteSchema, place: string): JsonSchema {
  try {
    return write({ target: 'draft-07' })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `${place}it cannot be written as JSON Schema (${why}); say what the model is to see in \`jsonSchema\``
    throw new GovernanceError('invalid-option', message, { cause })
  }
}

/** What is wrong, in one line. */
export function listed(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ message, path = [] }) => {
      const keys = path.map(item => String(typeof item === 'object' ? item.key : item))
      return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
    })
    .join('; ')
}
