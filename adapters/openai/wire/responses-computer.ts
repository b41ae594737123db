import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { isRecord, textIn } from '../call/record.js'
import type { Answer } from './wire.js'

/** What a tool that controls a computer receives: the provider's actions, and what it wants a person to look at first. */
export function computerInput(item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { action, actions, pending_safety_checks: checks } = item
  const given = Array.isArray(actions) ? actions : action === undefined || action === null ? [] : [action]
  return { actions: given, ...(Array.isArray(checks) && checks.length > 0 ? { pendingSafetyChecks: checks } : {}) }
}

type ComputerOutput = ResponseInputItem.ComputerCallOutput

/** The API takes a picture as the result of such a call and nothing else: where there is none, this single pixel stands for it. */
const NO_SCREENSHOT =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

/** The result of a call to the computer. What the provider wanted looked at is acknowledged with a call that was let through. */
export function computerAnswer({ call, result }: Answer): ComputerOutput {
  const screenshot = result.status === 'executed' ? screenshotOf(result.output) : undefined
  const checks = result.status === 'executed' ? checksOf(call.text) : []
  return {
    type: 'computer_call_output',
    call_id: call.wireId,
    output: { type: 'computer_screenshot', ...(screenshot ?? { image_url: NO_SCREENSHOT }) },
    ...(checks.length === 0 ? {} : { acknowledged_safety_checks: checks }),
  }
}

/** Whether the result says in itself what became of the call. */
export function showsScreenshot({ result }: Answer): boolean {
  return result.status === 'executed' && result.advice === undefined && screenshotOf(result.output) !== undefined
}

/** A picture's address (`https:`, or `data:` with the picture in it), `{ image_url }` or `{ file_id }`. */
function screenshotOf(output: unknown): { readonly image_url: string } | { readonly file_id: string } | undefined {
  if (typeof output === 'string') return /^(?:https|data):/.test(output) ? { image_url: output } : undefined
  if (!isRecord(output)) return undefined
  const url = textIn(output, 'image_url')
  if (url !== undefined) return { image_url: url }
  const file = textIn(output, 'file_id')
  return file === undefined ? undefined : { file_id: file }
}

function checksOf(text: string): NonNullable<ComputerOutput['acknowledged_safety_checks']> {
  const { pendingSafetyChecks = [] } = JSON.parse(text === '' ? '{}' : text) as {
    readonly pendingSafetyChecks?: NonNullable<ComputerOutput['acknowledged_safety_checks']>
  }
  return pendingSafetyChecks
}
