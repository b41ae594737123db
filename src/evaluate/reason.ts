import { REDACTED } from '../capture/redact.js'
import type { EvaluationRequest } from '../types.js'
import { compilePath } from './condition.js'
import type { Place } from './place.js'

/** A value from an input never takes more than this much of a reason. */
const MAX_VALUE_CHARS = 120

/** Compiles a reason template: `{input.amount}` becomes the value at that path. A path that cannot exist is refused. */
export function compileReason(template: string, place: Place): (request: EvaluationRequest) => string {
  const parts = template.split(/\{([a-zA-Z][\w.$-]*)\}/)
  if (parts.length === 1) return () => template
  const readers = parts.map((part, index) => (index % 2 === 0 ? () => part : compilePath(part, place)))
  return request =>
    readers.map((read, index) => (index % 2 === 0 ? String(read(request)) : show(read(request)))).join('')
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value === 'object') return REDACTED
  const text = typeof value === 'symbol' ? value.toString() : `${value as string | number | boolean | bigint}`
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text
}
