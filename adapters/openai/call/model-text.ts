import type { Execution } from 'countersign'
import { isToolResult } from '../tools/tool-result.js'
import { encodeOutput } from './encode.js'

/** What the model is told of a call: its status, why, and what to do instead. Never the decision, never a foreign error's text. */
export interface ModelResult {
  readonly status: Execution['status']
  readonly output?: unknown
  readonly reason?: string
  readonly advice?: string
  /** The request that waits for a person. */
  readonly requestId?: string
}

const NO_RETRY = 'Do not retry it with the same arguments; tell the user, or continue another way.'

/** Words for the error of a tool, where the application trusts them to hold no secret. */
export type DescribeError = (error: unknown, tool: string) => string

/** What the model is told of an execution. */
export function modelResult(execution: Execution, describeError: DescribeError): ModelResult {
  const { status, decision } = execution
  switch (execution.status) {
    case 'executed': {
      const { output, notice } = execution
      return {
        status,
        output: isToolResult(output) ? output.content : output,
        ...(notice === undefined ? {} : { advice: notice }),
      }
    }
    case 'approval_required':
      return { status, reason: decision.reason, advice: execution.message, requestId: execution.approvalId }
    case 'blocked':
      return { status, reason: decision.reason, advice: execution.message }
    case 'tool_error': {
      const advice = [...(execution.notice === undefined ? [] : [execution.notice]), NO_RETRY].join(' ')
      return { status, reason: describeError(execution.error, decision.tool), advice }
    }
  }
}

/** Of a tool that is not there. */
export function unknownTool(name: string): ModelResult {
  return {
    status: 'blocked',
    reason: `Tool ${JSON.stringify(name.slice(0, 64))} is not registered`,
    advice: 'Use only the tools you were given.',
  }
}

/** Of arguments that are none: nothing was decided, and nothing ran. */
export function badArguments(problem: string): ModelResult {
  return { status: 'tool_error', reason: problem, advice: 'Call the tool again with arguments that fit its schema.' }
}

/** Of a call that the provider was let execute before. */
export function handedOnBefore(): ModelResult {
  return { status: 'blocked', reason: 'it was approved before, and is not approved twice', advice: NO_RETRY }
}

/** What is said of a tool's error by default: of an MCP server's, its own words, which are meant for the model. */
export function anyError(error: unknown): string {
  return error instanceof Error && error.name === 'McpToolError' ? error.message : 'Tool invocation failed.'
}

/** The text that goes over the wire. An output that cannot be read does not end the run: the tool has done its work. */
export function wireText(result: ModelResult): { readonly text: string; readonly error?: unknown } {
  try {
    return { text: encodeOutput(result) }
  } catch (error) {
    const told: ModelResult = {
      status: 'tool_error',
      reason: 'The tool ran, but its result cannot be written as JSON.',
      advice: 'Do not call it again; tell the user that it took effect.',
    }
    return { text: encodeOutput(told), error }
  }
}
