import { probability } from './logistic.js'

/** How a mixer learns. */
export interface MixerOptions {
  /** How much each input counts before anything is known: of all sets alike, or a list per set. */
  readonly initial: readonly number[] | readonly (readonly number[])[]
  readonly fixed?: readonly number[]
  /** How many sets of weights there are; a case uses one. */
  readonly sets: number
  /** Learning rate; each weight's own falls with the root of its squared gradients. */
  readonly rate: number
  /** Pull of every weight back to where it began, per step. */
  readonly pull: number
}

/**
 * Logistic mixing of log odds with weights that depend on a small context (Mattern 2012; Mahoney's PAQ), which keeps
 * the mix honest while data is scarce: a set that has seen little is near its beginning. Steps as in AdaGrad.
 */
export class Mixer {
  readonly #options: MixerOptions
  readonly #width: number
  readonly #initial: readonly number[]
  readonly weights: Float32Array
  readonly squares: Float32Array

  constructor(options: MixerOptions) {
    this.#options = options
    this.#initial = Array.from({ length: options.sets }, (_, set) => (typeof options.initial[0] === 'number' ? options.initial : options.initial[set]) as readonly number[]).flat()
    this.#width = this.#initial.length / options.sets
    this.weights = new Float32Array(options.sets * this.#width)
    this.squares = new Float32Array(options.sets * this.#width)
    this.weights.set(this.#initial)
  }

  mix(inputs: Float32Array, set: number): number {
    const offset = set * this.#width
    let sum = 0
    for (let index = 0; index < this.#width; index++) sum += (this.weights[offset + index] ?? 0) * (inputs[index] ?? 0)
    return sum
  }

  learn(inputs: Float32Array, set: number, isBad: boolean, weight: number): void {
    const { rate, pull, fixed } = this.#options
    const error = (probability(this.mix(inputs, set)) - (isBad ? 1 : 0)) * weight
    const offset = set * this.#width
    for (let index = 0; index < this.#width; index++) {
      const at = offset + index
      if (fixed?.[index] === 0) continue
      const old = this.weights[at] ?? 0
      const gradient = error * (inputs[index] ?? 0) + pull * (old - (this.#initial[at] ?? 0))
      const square = (this.squares[at] ?? 0) + gradient * gradient
      this.squares[at] = square
      this.weights[at] = old - (rate * gradient) / (1 + Math.sqrt(square))
    }
  }
}
