import { invalid } from '../check.js'
import type { ModelTarget } from './request.js'

/** Something by model: `provider/model` goes before `model`, and that before `*`. */
export type ByModel<T> = Readonly<Record<string, T>>

/** The name under which a model is listed. */
export function nameOf({ provider, model }: ModelTarget): string {
  return `${provider}/${model}`
}

/** What is said of a model. */
export function ofModel<T>(table: ByModel<T>, target: ModelTarget): T | undefined {
  // Names come from outside.
  const key = [nameOf(target), target.model, '*'].find(name => Object.hasOwn(table, name))
  return key === undefined ? undefined : table[key]
}

/** Whether one of these names is the model's. */
export function isNamed(names: readonly string[], target: ModelTarget): boolean {
  return names.some(name => name === '*' || name === target.model || name === nameOf(target))
}

/** @throws GovernanceError `invalid-option` */
export function checkTable(table: unknown, place: string): asserts table is ByModel<unknown> {
  if (typeof table !== 'object' || table === null || Array.isArray(table))
    throw invalid(place, 'expected an object by model: `provider/model`, `model`, or `*` for all others')
}
