import { forget, isPromiseLike } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { ToolAnnotations, ToolProfile } from '../tool-profile.js'

/** The fields of an input that stand for its value when a profile names none, in this order. */
const VALUE_FIELDS = ['value', 'amount', 'price', 'total'] as const
const NO_ANNOTATIONS: ToolAnnotations = Object.freeze({})
const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({})

/** What a profile says of one call. */
export interface ProfiledCall {
  readonly action: string
  readonly actor: string
  readonly domain: string | undefined
  readonly value: number | undefined
  readonly target: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly annotations: ToolAnnotations
}

/** What the governor or session says where a profile does not. */
export interface ProfileDefaults {
  readonly actor: string
  readonly domain?: string | undefined
}

/**
 * Applies a profile to an input. No value is not an error; a value that is not a finite number is.
 *
 * @throws GovernanceError `evaluation-failed` when a function of the profile throws or answers with the wrong type
 */
export function applyProfile(
  tool: string,
  input: unknown,
  profile: ToolProfile | undefined,
  defaults: ProfileDefaults,
): ProfiledCall {
  if (profile === undefined) {
    return {
      action: tool,
      actor: defaults.actor,
      domain: defaults.domain,
      value: inferValue(input),
      target: inferTarget(input),
      metadata: NO_METADATA,
      annotations: NO_ANNOTATIONS,
    }
  }
  const read = (field: 'action' | 'domain' | 'actor' | 'value' | 'target' | 'metadata'): unknown => {
    const source: unknown = profile[field]
    if (typeof source !== 'function') return source
    try {
      return (source as (input: unknown) => unknown)(input)
    } catch (cause) {
      throw new GovernanceError('evaluation-failed', `the profile of tool "${tool}" threw in \`${field}\``, { cause })
    }
  }
  const value = Object.hasOwn(profile, 'value') ? read('value') : inferValue(input)
  const metadata = read('metadata') ?? NO_METADATA
  if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) {
    throw mistyped(tool, 'value', 'a finite number or undefined', value)
  }
  if (typeof metadata !== 'object' || isPromiseLike(metadata)) throw mistyped(tool, 'metadata', 'an object', metadata)
  return {
    action: text(tool, 'action', read('action')) ?? tool,
    actor: text(tool, 'actor', read('actor')) ?? defaults.actor,
    domain: text(tool, 'domain', read('domain')) ?? defaults.domain,
    value,
    target: Object.hasOwn(profile, 'target') ? text(tool, 'target', read('target')) : inferTarget(input),
    metadata: metadata as Readonly<Record<string, unknown>>,
    annotations: profile.annotations ?? NO_ANNOTATIONS,
  }
}

function inferValue(input: unknown): number | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  for (const field of VALUE_FIELDS) {
    if (!Object.hasOwn(input, field)) continue
    const candidate = (input as Record<string, unknown>)[field]
    if (typeof candidate === 'number' && Number.isFinite(candidate)) return candidate
  }
  return undefined
}

function inferTarget(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, 'target')) return undefined
  const { target } = input as { target: unknown }
  return typeof target === 'string' ? target : undefined
}

function text(tool: string, field: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw mistyped(tool, field, 'a string', value)
}

function mistyped(tool: string, field: string, expected: string, value: unknown): GovernanceError {
  const promised = isPromiseLike(value)
  if (promised) forget(value)
  const got = promised
    ? 'a promise'
    : typeof value === 'number'
      ? String(value)
      : value === null
        ? 'null'
        : typeof value
  return new GovernanceError(
    'evaluation-failed',
    `the profile of tool "${tool}" gave ${got} for \`${field}\`, expected ${expected}`,
  )
}
