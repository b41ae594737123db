/** What signs checkpoints. */
interface PromptSigningParts {
  /** Signs how far the log has come. */
  readonly sign: () => Promise<unknown>
  /** Hears of a checkpoint that could not be made. */
  readonly onError: (error: unknown) => void
}

/**
 * Has a checkpoint signed as soon as a rule, a key or a webhook has changed. Such changes are few, and who may do what hangs on them:
 * they do not wait until so many calls have been made. While one is signed, no more than one other waits.
 */
export class PromptSigning {
  readonly #parts: PromptSigningParts
  #isWaiting = false
  #working: Promise<void> = Promise.resolve()

  constructor(parts: PromptSigningParts) {
    this.#parts = parts
  }

  /** Nobody waits for it. */
  soon(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#working = this.#working.then(() => this.#sign())
  }

  /** Waits for what was begun. */
  async close(): Promise<void> {
    await this.#working
  }

  async #sign(): Promise<void> {
    // What is written from now on is another one's.
    this.#isWaiting = false
    try {
      await this.#parts.sign()
    } catch (error) {
      this.#parts.onError(error)
    }
  }
}
