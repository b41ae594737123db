import { sha256 } from '../ambient.js'
import { RecentMap } from '../recent-map.js'
import type { Awaitable } from '../types.js'
import { compileRule, type CompiledRule } from './compile.js'
import { frozenCopy } from './frozen-copy.js'
import { fail, type Locate, type Place, placeIn } from './place.js'
import { isPatternEngineMissing, loadPatternEngine } from './regex.js'
import type { Rule } from './rule.js'

/** A policy as it is written, in TypeScript or in a document. */
export interface PolicyDocument {
  /** For editors: where the JSON Schema of this format is (`countersign/policy.schema.json`). */
  readonly $schema?: string
  /** Version of the format. @defaultValue 1 */
  readonly version?: 1
  /** @defaultValue `policy` */
  readonly name?: string
  readonly description?: string
  readonly rules: readonly Rule[]
}

/** A checked, compiled policy: rules found by tool, so that a decision costs what concerns its tool and domain, and no more. */
export interface Policy {
  readonly name: string
  /** The rules as they were when they were compiled; functions are the very ones that are asked. */
  readonly rules: readonly Rule[]
  /** First 16 hex digits of the SHA-256 of its rules: the version decisions and approvals are bound to. */
  readonly version: () => Awaitable<string>
  /** Rules that can concern a tool, in the order written. */
  readonly rulesFor: (tool: string) => readonly CompiledRule[]
  /** Those of them that can concern a domain too. */
  readonly rulesAbout: (tool: string, domain: string | undefined) => readonly CompiledRule[]
  /** Whether what was learnt may answer instead of a person that a rule of this id asks for. */
  readonly grantsAutonomy: (ruleId: string) => boolean
  /** What must be loaded before the first evaluation. */
  readonly ready: (() => Promise<void>) | undefined
}

const POLICY_KEYS = ['version', 'name', 'description', 'rules', '$schema']

/** Names come from models: the index of tools seen must not grow without end. */
const MAX_INDEXED_TOOLS = 4096

const compiled = new WeakSet<object>()

/**
 * Checks a policy and compiles it.
 *
 * @throws GovernanceError `invalid-policy`, naming the path (and, from a file, file and line), what was found and what was expected
 */
export function definePolicy(document: PolicyDocument, locate: Locate = () => undefined): Policy {
  const root = placeIn(locate)
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return fail(root, 'expected { rules: [...] }', document)
  for (const key of Object.keys(document)) {
    if (!POLICY_KEYS.includes(key))
      fail(root.in(key), `unknown key, expected ${POLICY_KEYS.join(', ')}`, undefined, [key, POLICY_KEYS])
  }
  const { name = 'policy', version = 1, rules } = document
  if (version !== 1) return fail(root.in('version'), 'expected 1', version)
  if (typeof name !== 'string' || name === '') return fail(root.in('name'), 'expected a name', name)
  for (const key of ['description', '$schema'] as const) {
    const text: unknown = document[key]
    if (text !== undefined && typeof text !== 'string') return fail(root.in(key), 'expected a text', text)
  }
  if (!Array.isArray(rules)) return fail(root.in('rules'), 'expected a list of rules', rules)
  const compiledRules = compileRules(rules as readonly Rule[], root.in('rules'))
  // Of the rules as they were compiled: what is done to the document afterwards changes neither.
  const digest = versionOf(rules as readonly Rule[])
  const learnable = new Set(compiledRules.filter(({ autonomy }) => autonomy).map(({ id }) => id))
  const rulesFor = indexByTool(compiledRules)
  const policy: Policy = {
    name,
    rules: frozenCopy(rules) as readonly Rule[],
    version: () => digest,
    rulesFor,
    rulesAbout: indexByDomain(compiledRules, rulesFor),
    grantsAutonomy: ruleId => learnable.has(ruleId),
    ready: isPatternEngineMissing() && usesPatterns(rules as readonly Rule[]) ? loadPatternEngine : undefined,
  }
  compiled.add(policy)
  return Object.freeze(policy)
}

/** Whether a value came from {@link definePolicy}. */
export function isPolicy(value: unknown): value is Policy {
  return typeof value === 'object' && value !== null && compiled.has(value)
}

function usesPatterns(rules: readonly Rule[]): boolean {
  return rules.some(({ when }) => typeof when === 'object' && JSON.stringify(when).includes('"matches"'))
}

function compileRules(rules: readonly Rule[], place: Place): readonly CompiledRule[] {
  const seen = new Map<string, number>()
  return rules.map((rule, index) => {
    const result = compileRule(rule, place.in(index))
    const earlier = seen.get(result.id)
    if (earlier !== undefined)
      fail(place.in(index).in('id'), `already the id of rules[${earlier}]; ids are unique`, result.id)
    seen.set(result.id, index)
    return result
  })
}

function indexByTool(rules: readonly CompiledRule[]): Policy['rulesFor'] {
  const index = new RecentMap<string, readonly CompiledRule[]>(MAX_INDEXED_TOOLS)
  return tool => {
    const known = index.get(tool)
    if (known !== undefined) return known
    const concerning = rules.filter(rule => rule.concerns(tool))
    index.set(tool, concerning)
    return concerning
  }
}

/** Only where rules name domains: there may be thousands of them, each about a few. */
function indexByDomain(rules: readonly CompiledRule[], rulesFor: Policy['rulesFor']): Policy['rulesAbout'] {
  if (rules.every(rule => rule.concernsDomain === undefined)) return rulesFor
  const index = new RecentMap<string, readonly CompiledRule[]>(MAX_INDEXED_TOOLS)
  return (tool, domain) => {
    // Names come from models: no two pairs may have one key.
    const key = domain === undefined ? `- ${tool}` : `${tool.length} ${tool}${domain}`
    const known = index.get(key)
    if (known !== undefined) return known
    const concerning = rulesFor(tool).filter(({ concernsDomain }) => concernsDomain?.(domain) ?? true)
    index.set(key, concerning)
    return concerning
  }
}

/** Functions count by their source text: the best that can be said of code from outside. */
function versionOf(rules: readonly Rule[]): Awaitable<string> {
  const text = JSON.stringify(rules, (_key, value: unknown) =>
    typeof value === 'function' ? `function ${String(value)}` : value,
  )
  const digest = sha256(text)
  return typeof digest === 'string' ? digest.slice(0, 16) : digest.then(full => full.slice(0, 16))
}
