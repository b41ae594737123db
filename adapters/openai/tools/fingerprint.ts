import { isRecord } from '../call/record.js'
import type { RegisteredTool } from './tool.js'

/** What of tools is not as it was, by name. */
export interface ToolDrift {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Their description or schema is another one. */
  readonly changed: readonly string[]
}

/** SHA-256 (hex) of what the model is told of a tool. */
export async function fingerprintOf({ name, description, schema, strict }: RegisteredTool): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(sorted({ name, description, schema, strict })))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** What differs between two sets of fingerprints. */
export function driftBetween(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): ToolDrift {
  const was = new Map(Object.entries(before))
  const is = new Map(Object.entries(now))
  return {
    added: [...is.keys()].filter(name => !was.has(name)),
    removed: [...was.keys()].filter(name => !is.has(name)),
    changed: [...is].flatMap(([name, print]) => (was.has(name) && was.get(name) !== print ? [name] : [])),
  }
}

/** Keys in one order, so that the same schema is the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
