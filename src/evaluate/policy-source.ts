import { GovernanceError } from '../errors.js'
import type { Awaitable } from '../types.js'
import type { CompiledRule } from './compile.js'
import { isPolicy, type Policy } from './policy.js'

/** A policy that may be another one tomorrow: rules that people change while calls are decided on. */
export interface PolicySource {
  /** For messages and records, where there is no policy. @defaultValue `policy` */
  readonly name?: string
  /**
   * The policy that holds now for a tenant's calls, or for those of no tenant. Asked for every decision, so what has not changed
   * should be at hand, and the same object. One that throws, rejects or takes too long is an evaluation that cannot be made.
   */
  readonly current: (tenant: string | undefined) => Awaitable<Policy>
}

/** Version of a policy that could not be had. */
const UNKNOWN_VERSION = 'unavailable'

/** What stands for a policy that could not be had: one rule, which fails. Kill switches are asked all the same, and the fail mode decides. */
export function unavailablePolicy(name: string, cause: unknown): Policy {
  const error = new GovernanceError('evaluation-failed', 'the policy could not be had', { cause })
  const failing: CompiledRule = {
    id: 'policy',
    effect: 'deny',
    concerns: () => true,
    concernsDomain: undefined,
    applies: () => {
      throw error
    },
    limit: undefined,
    autonomy: false,
    finding: () => ({ rule: 'policy', effect: 'deny', reason: error.message }),
  }
  return {
    name,
    rules: [],
    version: () => UNKNOWN_VERSION,
    rulesFor: () => [failing],
    rulesAbout: () => [failing],
    grantsAutonomy: () => false,
    ready: undefined,
  }
}

/** What a source gave, if it is a policy. @throws GovernanceError `evaluation-failed` */
export function checkedPolicy(given: unknown): Policy {
  if (isPolicy(given)) return given
  throw new GovernanceError(
    'evaluation-failed',
    'the source of the policy gave something that definePolicy did not make',
  )
}

/** Whether an option is a source and not a policy. */
export function isPolicySource(value: unknown): value is PolicySource {
  return typeof (value as Partial<PolicySource> | null)?.current === 'function'
}

/** The policy that holds now for a tenant. @throws GovernanceError `evaluation-failed`; what the source throws */
export async function policyNow(policy: Policy | PolicySource, tenant: string | undefined): Promise<Policy> {
  return isPolicySource(policy) ? checkedPolicy(await policy.current(tenant)) : policy
}
