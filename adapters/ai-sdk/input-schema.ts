import type { Awaitable, Validate } from 'countersign'
import type { ToolLike } from './tool-like.js'

/** The part of Standard Schema that is used. */
interface StandardSchema {
  readonly validate: (value: unknown) => Awaitable<{ readonly value?: unknown; readonly issues?: readonly Issue[] }>
}

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[]
}

/** The SDK's own kind of schema; one made of JSON schema alone validates nothing. */
interface SdkSchema {
  readonly validate?: (
    value: unknown,
  ) => Awaitable<
    { readonly success: true; readonly value: unknown } | { readonly success: false; readonly error: Error }
  >
}

interface AnySchema extends SdkSchema {
  readonly '~standard'?: StandardSchema
}

/** Checks an input as the SDK checks what a model sends. */
export function validateWith({ inputSchema }: ToolLike): Validate {
  return async input => {
    const schema = schemaOf(inputSchema)
    const standard = schema?.['~standard']
    if (standard !== undefined) {
      const { issues, value } = await standard.validate(input)
      return issues === undefined ? { input: value } : { problem: issues.map(told).join('; ') }
    }
    const result = await schema?.validate?.(input)
    if (result === undefined) return { input }
    return result.success ? { input: result.value } : { problem: result.error.message }
  }
}

/** A schema may be made only when it is asked for; some schemas are functions themselves. */
function schemaOf(schema: unknown): AnySchema | undefined {
  const isLazy = typeof schema === 'function' && !('~standard' in schema)
  return (isLazy ? (schema as () => unknown)() : schema) as AnySchema | undefined
}

function told({ message, path = [] }: Issue): string {
  const keys = path.map(item => String(typeof item === 'object' ? item.key : item))
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
}
