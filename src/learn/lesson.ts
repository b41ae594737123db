import { readJsonObject } from '../encoding.js'

/** Who says how a decision turned out. What the world answered goes before what a person thought; `import`: it was decided elsewhere. */
export type LabelSource = 'person' | 'outcome' | 'import'

/** How a decision turned out. */
export type LabelLesson =
  | {
      readonly isBad: boolean
      readonly source: Exclude<LabelSource, 'import'>
      /** Who said so: bounds what one person can teach. */
      readonly by?: string
      /** How much it counts: the inverse of the chance that it was to be seen at all. @defaultValue 1 */
      readonly weight?: number
    }
  | ImportedLabel
  /** Whether the tool failed: says nothing of whether the call was in order. */
  | { readonly failed: boolean }
  /** A person forbids that calls of a class go through unasked, or no longer does. */
  | Veto

/** How a call turned out that was decided elsewhere: no decision holds what is to be learnt of it, and so it is here. */
interface ImportedLabel {
  readonly isBad: boolean
  readonly source: 'import'
  /** The call as hashes and bins. */
  readonly view: string
}

/** What a person says of the autonomy of a class of calls. */
export interface Veto {
  readonly autonomyOf: string
  readonly vetoed: boolean
  readonly by: string
}

/** A label as it is kept. */
export function writeLabel(label: LabelLesson): string {
  return JSON.stringify(label)
}

/** The label that {@link writeLabel} wrote; nothing where it was erased, or is of another form. */
export function readLabel(body: string): LabelLesson | undefined {
  const label = readJsonObject(body)
  if (typeof label?.['failed'] === 'boolean') return { failed: label['failed'] }
  const { isBad, source, by, weight, autonomyOf, vetoed, view } = label ?? {}
  if (typeof autonomyOf === 'string' && typeof vetoed === 'boolean' && typeof by === 'string')
    return { autonomyOf, vetoed, by }
  if (typeof isBad === 'boolean' && source === 'import' && typeof view === 'string') return { isBad, source, view }
  if (typeof isBad !== 'boolean' || (source !== 'person' && source !== 'outcome')) return undefined
  return {
    isBad,
    source,
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof weight === 'number' && weight > 0 ? { weight } : {}),
  }
}
