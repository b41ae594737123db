import type { Notices } from './notices.js'
import type { ModelOutput, ModelOutputRequest, ToolLike } from './tool-like.js'

/** The tool's `toModelOutput`, or the SDK's way where it has none, with what the model is to be told of a changed call before it. */
export function modelOutputOf(tool: ToolLike, notices: Notices): (request: ModelOutputRequest) => Promise<ModelOutput> {
  return async request => {
    const own = await tool.toModelOutput?.(request)
    const output = own ?? plainOutput(request.output)
    const notice = await notices.of(request)
    return notice === undefined ? output : noticed(notice, output)
  }
}

/** As the SDK writes the output of a tool that does not say how. */
function plainOutput(output: unknown): ModelOutput {
  if (typeof output === 'string') return { type: 'text', value: output }
  const text = output === undefined ? undefined : JSON.stringify(output)
  return { type: 'json', value: text === undefined ? null : (JSON.parse(text) as unknown) }
}

/** As text, because that is what every provider can be sent. */
function noticed(notice: string, output: ModelOutput): ModelOutput {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return { ...output, value: `${notice}\n${String(output.value)}` }
    case 'json':
    case 'error-json': {
      const type = output.type === 'json' ? 'text' : 'error-text'
      return { ...output, type, value: `${notice}\n${JSON.stringify(output.value)}` }
    }
    case 'content':
      return { ...output, value: [{ type: 'text', text: notice }, ...(output.value as readonly unknown[])] }
    default:
      return output
  }
}
