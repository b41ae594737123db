import { CaseIds } from './case-ids.js'
import type { CaseFeatures } from './estimate.js'
import type { Look } from './look.js'
import { SimilarCases } from './similar.js'
import type { Table } from './state.js'
import { namedTokens, tokensOf } from './tokens.js'

const TOKEN_BITS = 19

/** A past decision that is like the call at hand. */
export interface Precedent {
  /** As it was given with the label. */
  readonly id: string
  readonly isBad: boolean
  /** 0..1: the idf-weighted share of what the two have in common in all that either has. */
  readonly similarity: number
  /** What they have in common (`tool`, `actor`, `request`, an argument's path, `words of` one), and how much of the similarity it makes. */
  readonly reasons: readonly { readonly of: string; readonly share: number }[]
}

/** Past cases as plain data. */
export interface PastState {
  readonly tables: readonly Table[]
  /** Ids that are no UUIDs, by place. */
  readonly others: ReadonlyMap<number, string>
}

/** The decided cases that can be cited. */
export class PastCases {
  readonly #similar: SimilarCases
  readonly #ids: CaseIds

  constructor(capacity: number) {
    this.#similar = new SimilarCases(capacity, TOKEN_BITS)
    this.#ids = new CaseIds(capacity)
  }

  add(features: CaseFeatures, id: string, isBad: boolean): void {
    const { tokens, strongTokens } = features.view
    features.caseNumber = this.#similar.add(tokens, strongTokens)
    this.#ids.set(features.caseNumber, id, isBad)
  }

  relabel({ caseNumber }: CaseFeatures, isBad: boolean): void {
    if (caseNumber >= 0) this.#ids.relabel(caseNumber, isBad)
  }

  like(look: Look, limit: number): readonly Precedent[] {
    const { tokens, strong } = tokensOf(look)
    const found = this.#similar.find(tokens, strong, limit)
    if (found.length === 0) return []
    const names = new Map(namedTokens(look).map(({ token, of }) => [token, of]))
    return found.map(({ number, similarity, shared }) => {
      const shares = new Map<string, number>()
      for (const { token, share } of shared) {
        const of = names.get(token) ?? 'other'
        shares.set(of, (shares.get(of) ?? 0) + share)
      }
      const reasons = Array.from(shares, ([of, share]) => ({ of, share })).toSorted((a, b) => b.share - a.share)
      return { id: this.#ids.id(number), isBad: this.#ids.isBad(number), similarity, reasons }
    })
  }

  export(): PastState {
    const tables = [...this.#similar.tables, ...this.#ids.tables].map(table => table.slice())
    return { tables, others: new Map(this.#ids.others) }
  }

  import({ tables, others }: PastState): boolean {
    const cases = tables[1]?.length ?? 0
    this.#similar.resize(cases)
    this.#ids.resize(cases, others)
    for (const [index, table] of [...this.#similar.tables, ...this.#ids.tables].entries())
      table.set(tables[index] ?? [])
    return true
  }
}
