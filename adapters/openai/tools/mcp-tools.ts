import type { ToolAnnotations } from 'countersign'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import { invalid } from '../run/options.js'
import { makeTool } from './make-tool.js'
import type { RegisteredTool, ToolContext, ToolOptions } from './tool.js'

/** The part of an MCP client that is used: the official SDK's `Client` has it. */
export interface McpClient {
  readonly listTools: (
    params?: { cursor?: string },
    options?: { signal?: AbortSignal },
  ) => Promise<{ readonly tools: readonly McpTool[]; readonly nextCursor?: string | undefined }>
  readonly callTool: (
    params: { name: string; arguments?: Record<string, unknown>; _meta?: Record<string, unknown> },
    resultSchema?: undefined,
    options?: { signal?: AbortSignal },
  ) => Promise<unknown>
}

/** A tool as a server lists it. */
export interface McpTool {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema: unknown
  readonly annotations?: UnknownRecord | undefined
}

/** One server, and how its tools are governed. */
export interface McpServer {
  /** A client that is connected: the same session lists and calls, and stays the caller's to close. */
  readonly client: McpClient
  /** Goes before the names of its tools: `label__tool`. */
  readonly label: string
  /** Which of its tools are offered. @defaultValue all */
  readonly filter?: (tool: McpTool) => boolean
  /** Sent as `_meta` with every call, beside the run's `context`. */
  readonly meta?: UnknownRecord
  /** What governance should know of its tools, by the server's names. */
  readonly profiles?: Readonly<Record<string, Omit<ToolOptions, 'parameters' | 'jsonSchema' | 'format'>>>
  /** Believes what the server says of its tools (`readOnlyHint` …); a profile's annotations go before. @defaultValue false */
  readonly trustAnnotations?: boolean
}

/** What a server answered that calls itself an error: its text is meant for the model. */
export class McpToolError extends Error {
  override readonly name = 'McpToolError'
}

const MAX_PAGES = 100

/**
 * The tools of MCP servers, governed like any others: a call that is refused never reaches its server.
 *
 * @throws GovernanceError `invalid-option` for names that cannot be told apart; what a client throws
 */
export async function mcpTools(servers: readonly McpServer[]): Promise<readonly RegisteredTool[]> {
  const tools = new Map<string, RegisteredTool>()
  for (const server of servers) {
    for (const listed of await listAll(server)) {
      const tool = toolOf(server, listed)
      if (tools.has(tool.name))
        throw invalid('servers', `there are two tools "${tool.name}"; give their servers other labels`)
      tools.set(tool.name, tool)
    }
  }
  return [...tools.values()]
}

async function listAll({ client, filter = () => true }: McpServer): Promise<readonly McpTool[]> {
  const tools: McpTool[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const listed = await client.listTools(cursor === undefined ? {} : { cursor })
    tools.push(...listed.tools)
    cursor = listed.nextCursor
    if (cursor === undefined) break
  }
  return tools.filter(filter)
}

function toolOf(server: McpServer, { name, description, inputSchema, annotations }: McpTool): RegisteredTool {
  const { label, profiles = {}, trustAnnotations = false } = server
  const own = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  const claimed = trustAnnotations ? hintsIn(annotations) : {}
  const hints = { ...claimed, ...own?.annotations }
  const options: ToolOptions = {
    ...own,
    ...(description === undefined ? {} : { description: own?.description ?? description }),
    ...(Object.keys(hints).length === 0 ? {} : { annotations: hints }),
    parameters: isRecord(inputSchema) ? { properties: {}, ...inputSchema } : { type: 'object', properties: {} },
  }
  const safe = `${label}__${name}`.replaceAll(/[^\w-]/g, '_')
  const execute = (input: UnknownRecord, context: ToolContext): Promise<unknown> =>
    callTool(server, name, input, context)
  return makeTool(safe, execute, options)
}

async function callTool(
  { client, meta }: McpServer,
  name: string,
  input: UnknownRecord,
  { context, signal, idempotencyKey }: ToolContext,
): Promise<unknown> {
  const _meta = {
    ...meta,
    ...(context === undefined ? {} : { context }),
    'countersign/idempotency-key': idempotencyKey,
  }
  const call = { name, arguments: { ...input }, _meta }
  const result = await client.callTool(call, undefined, signal === undefined ? {} : { signal })
  return contentIn(result)
}

/** What a server answered, as the model is to read it. @throws McpToolError */
function contentIn(result: unknown): unknown {
  if (!isRecord(result)) return result
  const content: readonly unknown[] = Array.isArray(result['content']) ? result['content'] : []
  const isText = content.every(part => textIn(part, 'type') === 'text')
  const text = content.map(part => textIn(part, 'text') ?? '').join('\n')
  if (result['isError'] === true) throw new McpToolError(text)
  return result['structuredContent'] ?? (isText ? text : content)
}

/** MCP's hints in our words. */
function hintsIn(annotations: UnknownRecord | undefined): ToolAnnotations {
  const names = ['readOnly', 'destructive', 'idempotent', 'openWorld'] as const
  const hints = names.map(name => [name, annotations?.[`${name}Hint`]] as const)
  return Object.fromEntries(hints.filter(([, hint]) => typeof hint === 'boolean'))
}
