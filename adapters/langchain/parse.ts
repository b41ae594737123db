import { interopParseAsync, isInteropZodSchema } from '@langchain/core/utils/types'

/** What a tool's schema makes of arguments. */
export type Parsed = { readonly isValid: true; readonly input: unknown } | { readonly isValid: false }

/** Parses arguments as LangChain will before it calls the tool. A JSON schema changes nothing, so it is left to LangChain. */
export async function parseInput(tool: object, args: unknown): Promise<Parsed> {
  const { schema } = tool as { readonly schema?: unknown }
  if (!isInteropZodSchema(schema)) return { isValid: true, input: args }
  try {
    return { isValid: true, input: await interopParseAsync(schema, args) }
  } catch {
    return { isValid: false }
  }
}
