import type { Precedent } from '../../learn/past-cases.js'

/** Less alike, a case is no precedent. */
const LEAST_SIMILARITY = 0.5

/** What became of similar calls, in words: `12 similar refund calls: 11 fine, 1 refused or regretted`. Nothing where there is none. */
export function precedentText(tool: string, found: readonly Precedent[]): { readonly precedents?: string } {
  const alike = found.filter(({ similarity }) => similarity >= LEAST_SIMILARITY)
  if (alike.length === 0) return {}
  const bad = alike.filter(({ isBad }) => isBad).length
  const calls = alike.length === 1 ? 'call' : 'calls'
  return {
    precedents: `${alike.length} similar ${tool} ${calls}: ${alike.length - bad} fine, ${bad} refused or regretted`,
  }
}
