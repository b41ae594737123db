/** Whose stream it is. */
export interface Listener {
  /** One browser. */
  readonly session: string
  /** Whoever has signed in, by whatever number of sessions. */
  readonly holder: string
  readonly tenant: string | undefined
}

/** Streams that may be open at once: those of a browser's windows, of one person's devices, and of all people of a tenant. */
const MOST = { session: 8, holder: 32, tenant: 512 } as const

/** Counts the streams that are open in this process: each is a connection, and is looked after with every change. */
export class Seats {
  readonly #taken = new Map<string, number>()

  /** Takes a seat, until the returned function is called; nothing where there are too many of the same already. */
  take({ session, holder, tenant }: Listener): (() => void) | undefined {
    const places = [
      { name: `session ${session}`, most: MOST.session },
      { name: `holder ${holder}`, most: MOST.holder },
      { name: tenant === undefined ? 'all' : `tenant ${tenant}`, most: MOST.tenant },
    ]
    if (places.some(({ name, most }) => (this.#taken.get(name) ?? 0) >= most)) return undefined
    for (const { name } of places) this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      for (const { name } of places) this.#giveBack(name)
    }
  }

  #giveBack(name: string): void {
    const left = (this.#taken.get(name) ?? 0) - 1
    if (left > 0) this.#taken.set(name, left)
    else this.#taken.delete(name)
  }
}
