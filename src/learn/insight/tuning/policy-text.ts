import type { Rule } from '../../../evaluate/rule.js'

/** Texts that mean themselves in YAML without quotes; `input.amount` is one, `no` and `1e3` are not. */
const PLAIN = /^[a-z_][\w.-]*$/i
/** What YAML, of one version or another, takes for something else than a text. */
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** Rules as a policy document in YAML, one to a line, as `parsePolicy` reads it. Their conditions are data. */
export function policyText(rules: readonly Rule[]): string {
  return `rules:\n${rules.map(rule => `  - ${flow(rule)}\n`).join('')}`
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'string') return PLAIN.test(value) && !WORDS.test(value) ? value : quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{ ${fields.map(([key, item]) => `${flow(key)}: ${flow(item)}`).join(', ')} }`
}

/** JSON is YAML, but for characters that only JSON lets stand as they are. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    found => `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
