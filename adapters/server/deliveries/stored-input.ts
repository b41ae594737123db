import type { Approval, GovernorOptions } from 'countersign'
import { redactInput, REDACTED } from '../../../src/capture/redact.js'
import { restore } from '../../../src/capture/storable.js'

/** What of an input may be shown of a call that is told of later, by what is stored. */
export type StoredInput = (approval: Approval | undefined) => unknown

/**
 * Inputs as events show them. They are kept of calls only that somebody was asked about. Which of them are masked is known of calls
 * that were asked about here, where the catalog says it: another process may have known its tools by other profiles.
 */
export function storedInput({ inputs, tools = {} }: Pick<GovernorOptions, 'inputs' | 'tools'>): StoredInput {
  return approval => {
    if (inputs !== 'visible' || approval?.askedBy === undefined) return REDACTED
    const { name, input } = approval.call as { readonly name: string; readonly input?: unknown }
    if (input === undefined) return REDACTED
    return redactInput(restore(input), Object.hasOwn(tools, name) ? tools[name]?.redact : undefined)
  }
}
