import { governedOf } from '../govern.js'
import { validateWith } from '../input-schema.js'
import type { ToolLike } from '../tool-like.js'
import type { CallParams, Part } from './model-like.js'

/** What deciding ahead needs. */
export interface Ahead {
  readonly tools: Readonly<Record<string, ToolLike>>
  readonly params: CallParams
}

interface Proposed {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/**
 * Decides the calls of one answer together, through the gates that will be asked about them one after the other and then find
 * them decided. Never rejects: whatever cannot be decided here is decided where it always was.
 */
export async function decideAhead({ tools, params }: Ahead, parts: readonly Part[]): Promise<void> {
  const calls = parts.filter(isProposed)
  // A lone call is asked about all the same.
  if (calls.length < 2) return
  const known = knownIds(params)
  await Promise.all(
    calls.map(async ({ toolCallId, toolName, input }) => {
      const governed = Object.hasOwn(tools, toolName) ? governedOf(tools[toolName] ?? {}) : undefined
      if (governed === undefined || known.has(toolCallId)) return
      try {
        const parsed = await validateWith(governed.tool)(parse(input))
        // The SDK may have another mend it, and asks about what comes of that.
        if ('problem' in parsed) return
        await governed.gate.prepareAhead(parsed.input, toolCallId, params.abortSignal)
      } catch {
        // The gate will say what is wrong.
      }
    }),
  )
}

function isProposed(part: Part): part is Part & Proposed {
  const { type, toolCallId, toolName, providerExecuted } = part
  return type === 'tool-call' && toolCallId !== undefined && toolName !== undefined && providerExecuted !== true
}

/** As the SDK reads what a model sends. */
function parse(input: unknown): unknown {
  if (typeof input !== 'string') return input
  return input.trim() === '' ? {} : (JSON.parse(input) as unknown)
}

/** Ids of calls that are in the conversation already: some providers number the calls of each turn anew. */
function knownIds({ prompt }: CallParams): ReadonlySet<unknown> {
  const ids = new Set<unknown>()
  for (const { content } of prompt) {
    if (!Array.isArray(content)) continue
    for (const part of content as readonly Partial<Proposed>[])
      if (part.toolCallId !== undefined) ids.add(part.toolCallId)
  }
  return ids
}
