import type { Validate } from './governor.js'

/** What a tool would make of an input, or why it cannot. A schema that throws has refused; its words may be anybody's, so they are not passed on. */
export async function fit(input: unknown, validate: Validate | undefined): Promise<Awaited<ReturnType<Validate>>> {
  if (validate === undefined) return { input }
  try {
    return await validate(input)
  } catch {
    return { problem: 'its schema could not read it' }
  }
}
