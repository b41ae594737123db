import type { Validator } from '@langchain/core/utils/json_schema'
import type { Awaitable, Validate } from 'countersign'

/** What a tool's schema makes of arguments. */
export type Parsed =
  | { readonly isValid: true; readonly input: unknown }
  | { readonly isValid: false; readonly problem: string }

/** The part of Standard Schema that zod's schemas have, of every version LangChain takes. */
interface StandardSchema {
  readonly '~standard'?: {
    readonly validate: (value: unknown) => Awaitable<{ readonly value?: unknown; readonly issues?: readonly Issue[] }>
  }
}

type JsonSchema = ConstructorParameters<typeof Validator>[0]

interface Issue {
  readonly message: string
  readonly path?: readonly unknown[]
}

/** Parses arguments as LangChain will before it calls the tool. A JSON schema changes nothing, so it is left to LangChain. */
export async function parseInput(tool: object, args: unknown): Promise<Parsed> {
  const { schema } = tool as { readonly schema?: StandardSchema | null }
  const validate = schema?.['~standard']?.validate
  if (validate === undefined) return { isValid: true, input: args }
  try {
    const { value, issues } = await validate(args)
    return issues === undefined ? { isValid: true, input: value } : { isValid: false, problem: listed(issues) }
  } catch {
    return { isValid: false, problem: 'its schema could not read it' }
  }
}

/** {@link parseInput} for arguments that a reviewer wrote: LangChain will not see these, so a JSON schema is asked too. */
export async function parseEdit(tool: object, args: unknown): Promise<Parsed> {
  const { schema } = tool as { readonly schema?: (StandardSchema & JsonSchema) | null }
  if (schema === undefined || schema === null || schema['~standard'] !== undefined) return parseInput(tool, args)
  try {
    // Few tools have such a schema, and still fewer arguments are edited.
    const { Validator } = await import('@langchain/core/utils/json_schema')
    const { valid, errors } = new Validator(schema).validate(args)
    if (valid) return { isValid: true, input: args }
    return {
      isValid: false,
      problem: errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`).join('; '),
    }
  } catch {
    return { isValid: false, problem: 'its schema could not read it' }
  }
}

function listed(issues: readonly Issue[]): string {
  return issues
    .map(({ path = [], message }) => [...(path.length === 0 ? [] : [path.map(keyOf).join('.')]), message].join(': '))
    .join('; ')
}

function keyOf(segment: unknown): string {
  return String(typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment)
}

/** What the core is to know of a tool's schema. */
export function validatorOf(tool: object, keepsRaw = false): Validate {
  return async input => {
    const parsed = await parseEdit(tool, input)
    if (!parsed.isValid) return parsed
    return keepsRaw ? { input } : parsed
  }
}
