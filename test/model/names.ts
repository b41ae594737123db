import { createHash } from 'node:crypto'

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Names random ids by who made them and as its how manyth, so that two executions can be compared. */
export class Names {
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** What a text names for the first time was made by whoever says it. */
  learn(maker: string, text: string): void {
    for (const [id] of text.matchAll(ID)) {
      if (this.#names.has(id)) continue
      const count = (this.#counts.get(maker) ?? 0) + 1
      this.#counts.set(maker, count)
      this.#names.set(id, `${maker}#${count}`)
    }
  }

  /** The same text in every execution that is the same. */
  canonical(text: string): string {
    return text.replaceAll(ID, id => this.#names.get(id) ?? id)
  }
}

/** A short name of a text. */
export function hashed(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}
