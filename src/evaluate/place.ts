import { GovernanceError, suggestion } from '../errors.js'

/** Where in a document something stands: `rules[2].when.input.amount`. A loader adds the file and the line. */
export interface Place {
  readonly keys: readonly (string | number)[]
  readonly locate: Locate
  readonly in: (key: string | number) => Place
}

/** File and line of a position in a document (`policy.yaml:12`), where there is a document. */
export type Locate = (keys: readonly (string | number)[]) => string | undefined

/** The beginning of a document, or the place that keys lead to. */
export function placeIn(locate: Locate, keys: readonly (string | number)[] = []): Place {
  return { keys, locate, in: key => placeIn(locate, [...keys, key]) }
}

/**
 * Refuses what stands at a place: which file, line and path, what was found, what was expected and what was probably meant.
 *
 * @throws GovernanceError `invalid-policy`, always
 */
export function fail(
  place: Place,
  expected: string,
  found: unknown,
  meant?: readonly [string, readonly string[]],
): never {
  const where = [place.locate(place.keys), formatPath(place.keys)].filter(Boolean).join(' ')
  const hint = meant === undefined ? '' : suggestion(...meant)
  const got = found === undefined ? '' : `; found ${show(found)}`
  throw new GovernanceError('invalid-policy', `${where === '' ? 'policy' : where}: ${expected}${got}.${hint}`)
}

function formatPath(keys: readonly (string | number)[]): string {
  return keys.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('')
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'number') return String(value)
  let text: string
  try {
    text = JSON.stringify(value) ?? typeof value
  } catch {
    text = typeof value === 'bigint' ? `${value}n` : 'a value that contains itself'
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
