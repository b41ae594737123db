import type { ChatCompletionTool } from 'openai/resources/chat/completions'
import type { Tool } from 'openai/resources/responses/responses'
import type { RegisteredTool } from '../tools/tool.js'
import { chatTool } from '../wire/chat-message.js'
import { responsesTool } from '../wire/responses-tools.js'
import type { Api } from './options.js'

/** A tool as the provider is told of it, by API. */
export interface ToolOf {
  readonly responses: Tool
  readonly chat: ChatCompletionTool
}

/** A tool as the provider of this API is told of it. */
export function listedTool<API extends Api>(tool: RegisteredTool, api: API): ToolOf[API] {
  return (api === 'chat' ? chatTool(tool) : responsesTool(tool)) as ToolOf[API]
}
