import type { ChatAnswer, Execute } from 'countersign'
import type { GatedCall } from './gate.js'
import type { GovernableTool } from './options.js'
import { parseEdit } from './parse.js'
import { withGovernance } from './with-governance.js'

/** Tools by their names, without their gates: what a reviewer may turn a call into. */
export interface OtherTools {
  readonly find: (name: string) => GovernableTool | undefined
}

/** What is wrong with an answer that turns a call into one of another tool, as far as LangChain knows. */
export async function checkSwitch(
  others: OtherTools | undefined,
  { tool, input }: ChatAnswer,
): Promise<string | undefined> {
  if (tool === undefined) return undefined
  const other = others?.find(tool)
  if (other === undefined) return `there is no tool "${tool}" to run instead`
  const parsed = await parseEdit(other, input)
  return parsed.isValid ? undefined : `the args do not fit the tool "${tool}": ${parsed.problem}`
}

/** Runs another tool's own code in the place of a call. It was decided on as a call of that tool, so its gate is not asked. */
export function runOther(others: OtherTools | undefined, name: string, call: GatedCall): Execute<unknown> | undefined {
  const other = others?.find(name)
  if (other === undefined) return undefined
  const { toolCallId, config, asTuple } = call
  return async context => {
    const input =
      toolCallId === undefined ? context.input : { type: 'tool_call', id: toolCallId, name, args: context.input }
    const output = await other.invoke(input, withGovernance(config, context))
    return asTuple ? [output, undefined] : output
  }
}
