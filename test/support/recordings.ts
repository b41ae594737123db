import { globSync, readFileSync } from 'node:fs'
import { FIXTURES, hasFixtures } from './replay-server.js'

function files(...patterns: readonly string[]): readonly string[] {
  if (!hasFixtures) return []
  const inPackages = patterns.map(pattern => `packages/${pattern}`)
  return globSync(inPackages, { cwd: FIXTURES }).toSorted()
}

/** Everything recorded over the two APIs that the official `openai` client speaks. */
export const RESPONSES = files(
  'openai/src/responses/__fixtures__/*',
  'azure/src/__fixtures__/{azure-[!d]*,openai}*',
  'open-responses/src/responses/__fixtures__/*',
)
export const CHAT = files(
  'openai-compatible/src/chat/__fixtures__/*',
  'openai/src/chat/__fixtures__/*',
  ...['groq', 'mistral', 'alibaba', 'moonshotai', 'xai'].map(name => `${name}/src/__fixtures__/*`),
  'deepseek/src/chat/__fixtures__/*',
  'azure/src/__fixtures__/azure-deepseek*',
).filter(path => !path.includes('transcription'))

/** Recordings in which the model calls tools of the client, by the API they were made over. */
const calling = (path: string): boolean =>
  /"(?:tool_use|function_call)"|"functionCall"|"toolUse"|"tool_calls"/.test(readFileSync(FIXTURES + path, 'utf8'))
export const ANTHROPIC = files('anthropic/src/__fixtures__/*').filter(calling)
export const GEMINI = files('google/src/__fixtures__/google-[!v]*').filter(calling)
export const GEMINI_INTERACTIONS = files('google/src/interactions/__fixtures__/*').filter(calling)
export const VERTEX = files('google/src/__fixtures__/google-vertex*').filter(calling)
export const BEDROCK = files('amazon-bedrock/src/__fixtures__/*').filter(calling)
export const AZURE = files('azure/src/__fixtures__/azure-[!d]*').filter(calling)
export const LM_STUDIO = files('open-responses/src/responses/__fixtures__/*').filter(calling)
export const COMPATIBLE = files('{openai-compatible,deepseek}/src/chat/__fixtures__/*').filter(calling)

/** Recordings with calls that are replayed nowhere as calls of a client, each with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'packages/cohere/src/__fixtures__/cohere-null-args.json': 'Cohere’s own API: no client of it is a dependency here',
  'packages/cohere/src/__fixtures__/cohere-tool-call.json': 'Cohere’s own API: no client of it is a dependency here',
  'packages/harness-claude-code/src/bridge/__fixtures__/subagent-step-stream.json':
    'messages of a coding agent about calls that it has executed itself: no answer of a provider',
  'packages/xai/src/responses/__fixtures__/xai-x-search-tool.chunks.txt':
    'calls that xAI executes itself, written as custom tool calls',
}

/** What the index of the recordings calls a call that a client executes, or is asked about. */
const CLIENT_CALLS = new Set(
  [
    'apply_patch_call custom_tool_call function_call functionCall local_shell_call',
    'mcp_approval_request shell_call tool_calls tool_use',
  ].flatMap(kinds => kinds.split(' ')),
)

/** The recordings whose index says that a client's tools are called. */
export function withClientCalls(): readonly string[] {
  type Entry = readonly [path: string, size: number, kind: string, events: number, calls: object, other: object]
  const index = JSON.parse(readFileSync(`${FIXTURES}index.json`, 'utf8')) as readonly Entry[]
  return index.flatMap(([path, , , , calls, other]) =>
    Object.keys({ ...calls, ...other }).some(kind => CLIENT_CALLS.has(kind)) ? [path] : [],
  )
}
