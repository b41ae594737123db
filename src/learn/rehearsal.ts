import type { View } from './view.js'

/** What of a learnt case is gone over again. */
export interface Rehearsed {
  readonly features: Pick<View, 'sparse' | 'scales'>
  readonly isBad: boolean
  readonly weight: number
}

const KEPT = 1024
const PER_LABEL = 1
const STEP = 0x9e3779b9

/** Goes over past cases again, one with every label, as if at random: what a single pass over few cases leaves unlearnt. */
export class Rehearsal {
  readonly #cases: Rehearsed[] = []
  #count = 0
  #state = 1

  /** Hands out cases to go over; which, follows from how many there were before. */
  rehearse(learn: (one: Rehearsed) => void): void {
    for (let time = 0; time < PER_LABEL; time++) {
      this.#state = (Math.imul(this.#state, 1_664_525) + STEP) >>> 0
      const one = this.#cases[Math.floor((this.#state / 2 ** 32) * this.#cases.length)]
      if (one !== undefined) learn(one)
    }
  }

  keep(one: Rehearsed): void {
    this.#cases[this.#count++ % KEPT] = one
  }
}
