import type { ToolAnnotations } from 'countersign'
import type { ToolLike } from './tool-like.js'

const HINTS = {
  readOnlyHint: 'readOnly',
  destructiveHint: 'destructive',
  idempotentHint: 'idempotent',
  openWorldHint: 'openWorld',
} as const satisfies Record<string, keyof ToolAnnotations>

/** What an MCP server says of its tool, where `@ai-sdk/mcp` keeps it. */
export function serverAnnotations({ metadata }: ToolLike): ToolAnnotations {
  const stated = metadata?.['annotations']
  if (typeof stated !== 'object' || stated === null) return {}
  const hints = Object.entries(HINTS).flatMap(([hint, name]) => {
    const value: unknown = Object.hasOwn(stated, hint) ? (stated as Record<string, unknown>)[hint] : undefined
    return typeof value === 'boolean' ? [[name, value] as const] : []
  })
  return Object.fromEntries(hints)
}
