import type { Awaitable } from 'countersign'

/** What a tool's schema makes of arguments. */
export type Parsed = { readonly isValid: true; readonly input: unknown } | { readonly isValid: false }

/** The part of Standard Schema that zod's schemas have, of every version LangChain takes. */
interface StandardSchema {
  readonly '~standard'?: {
    readonly validate: (value: unknown) => Awaitable<{ readonly value?: unknown; readonly issues?: unknown }>
  }
}

/** Parses arguments as LangChain will before it calls the tool. A JSON schema changes nothing, so it is left to LangChain. */
export async function parseInput(tool: object, args: unknown): Promise<Parsed> {
  const { schema } = tool as { readonly schema?: StandardSchema | null }
  const validate = schema?.['~standard']?.validate
  if (validate === undefined) return { isValid: true, input: args }
  try {
    const { value, issues } = await validate(args)
    return issues === undefined ? { isValid: true, input: value } : { isValid: false }
  } catch {
    return { isValid: false }
  }
}
