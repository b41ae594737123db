import { guardOf, type ModelTarget, type ProviderGuard, type ProviderGuardOptions } from 'countersign'
import { invalid } from '../run/invalid.js'

/** How models are asked. */
export interface DoorOptions {
  /**
   * Stands in front of every request: the guard that all models of an application share, or options for one of this client's own.
   * The client's own retries are then switched off. @defaultValue none: the client alone
   */
  readonly guard?: ProviderGuard | ProviderGuardOptions
  /** Models to ask in its place, in this order, through the same client; with a `guard`. @defaultValue none */
  readonly fallbacks?: readonly string[]
  /** What the guard knows the client's provider by: in limits, prices and metrics it is `provider/model`. @defaultValue `openai` */
  readonly provider?: string
}

/** Keys of {@link DoorOptions}. */
export const DOOR_KEYS = ['guard', 'fallbacks', 'provider'] as const satisfies (keyof DoorOptions)[]

/** A guard, and what is asked through it. */
export interface Door {
  readonly guard: ProviderGuard
  /** The model, and those in its place. */
  readonly targetsOf: (model: string) => readonly [ModelTarget, ...ModelTarget[]]
}

/**
 * The guard that requests go through, if there is one. Whether its models can be asked is checked now, as far as they are known.
 *
 * @throws GovernanceError `invalid-option`
 */
export function doorOf(
  options: DoorOptions & { readonly model?: string; readonly models?: readonly string[] },
  place: string,
): Door | undefined {
  const { guard: given, fallbacks = [], provider = 'openai', model, models } = options
  if (!Array.isArray(fallbacks) || !fallbacks.every(name => typeof name === 'string' && name !== ''))
    throw invalid('fallbacks', 'expected a list of names of models')
  if (typeof provider !== 'string' || provider === '') throw invalid('provider', 'expected a name')
  const refused = models && fallbacks.find(name => !models.includes(name))
  if (refused !== undefined)
    throw invalid('fallbacks', `"${refused}" is not among the models that may be asked: ${models?.join(', ')}`)
  if (given === undefined) {
    if (fallbacks.length > 0) throw invalid('fallbacks', 'expected a `guard`, which is what asks them')
    return undefined
  }
  const guard = guardOf(given, `${place}.guard`)
  const targetsOf: Door['targetsOf'] = first => [
    { provider, model: first },
    ...fallbacks.filter(name => name !== first).map(name => ({ provider, model: name })),
  ]
  guard.check(model === undefined ? fallbacks.map(name => ({ provider, model: name })) : targetsOf(model))
  return { guard, targetsOf }
}
