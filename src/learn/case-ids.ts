import type { Table } from './state.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const WORDS = 4
const FIRST_CAPACITY = 1024

/** Ids and labels of cases by number: 17 bytes a case whose id is a UUID in lower case; others are kept as they are. */
export class CaseIds {
  readonly #capacity: number
  #words: Uint32Array
  #isBad: Uint8Array
  /** Ids of another form, by place. */
  readonly #others = new Map<number, string>()

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#words = new Uint32Array(Math.min(capacity, FIRST_CAPACITY) * WORDS)
    this.#isBad = new Uint8Array(Math.min(capacity, FIRST_CAPACITY))
  }

  get tables(): readonly Table[] {
    return [this.#words, this.#isBad]
  }

  get others(): ReadonlyMap<number, string> {
    return this.#others
  }

  /** Makes room for what {@link tables} and {@link others} held elsewhere. */
  resize(cases: number, others: ReadonlyMap<number, string>): void {
    this.#words = new Uint32Array(cases * WORDS)
    this.#isBad = new Uint8Array(cases)
    this.#others.clear()
    for (const [at, id] of others) this.#others.set(at, id)
  }

  set(number: number, id: string, isBad: boolean): void {
    if (number >= this.#isBad.length && this.#isBad.length < this.#capacity) this.#grow()
    const at = number % this.#isBad.length
    this.#isBad[at] = isBad ? 1 : 0
    this.#others.delete(at)
    if (UUID.test(id)) this.#pack(at, id.replaceAll('-', ''))
    else this.#others.set(at, id)
  }

  /** Corrects the label of a case. */
  relabel(number: number, isBad: boolean): void {
    this.#isBad[number % this.#isBad.length] = isBad ? 1 : 0
  }

  isBad(number: number): boolean {
    return this.#isBad[number % this.#isBad.length] === 1
  }

  id(number: number): string {
    const at = number % this.#isBad.length
    return this.#others.get(at) ?? this.#unpack(at)
  }

  #pack(at: number, digits: string): void {
    for (let word = 0; word < WORDS; word++)
      this.#words[at * WORDS + word] = Number.parseInt(digits.slice(word * 8, word * 8 + 8), 16)
  }

  #unpack(at: number): string {
    const words = Array.from(this.#words.subarray(at * WORDS, at * WORDS + WORDS), word =>
      word.toString(16).padStart(8, '0'),
    )
    const digits = words.join('')
    const cuts = [0, 8, 12, 16, 20, 32]
    return cuts
      .slice(1)
      .map((end, index) => digits.slice(cuts[index], end))
      .join('-')
  }

  #grow(): void {
    const [words = [], isBad = []] = this.tables
    const cases = Math.min(this.#capacity, this.#isBad.length * 2)
    this.#words = new Uint32Array(cases * WORDS)
    this.#isBad = new Uint8Array(cases)
    this.#words.set(words)
    this.#isBad.set(isBad)
  }
}
