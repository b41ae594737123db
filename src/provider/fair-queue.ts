interface Line<ITEM> {
  readonly who: string
  readonly items: ITEM[]
}

/** A queue with a line for each who waits, served in turn: whoever brings much waits behind themselves, and not the others. */
export class FairQueue<ITEM> {
  readonly #max: number
  /** The line that is served next comes first. */
  #lines: Line<ITEM>[] = []
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /**
   * Puts an item at the end of its line. Where the queue is full, the newest of the longest line has to go: it is given back,
   * and may be the very item that was brought.
   */
  push(who: string, item: ITEM): ITEM | undefined {
    const own = this.#lines.find(line => line.who === who)
    let evicted: ITEM | undefined
    if (this.#size >= this.#max) {
      const longest = this.#longest()
      if (longest === undefined || longest === own || longest.items.length <= (own?.items.length ?? 0) + 1) return item
      evicted = longest.items.pop()
      this.#size--
    }
    if (own === undefined) this.#lines.push({ who, items: [item] })
    else own.items.push(item)
    this.#size++
    return evicted
  }

  /** Whose turn it is. */
  peek(): ITEM | undefined {
    return this.#lines[0]?.items[0]
  }

  /** Serves the one whose turn it is; then it is the next line's. */
  shift(): ITEM | undefined {
    const [line, ...others] = this.#lines
    if (line === undefined) return undefined
    const item = line.items.shift()
    this.#size--
    this.#lines = line.items.length === 0 ? others : [...others, line]
    return item
  }

  /** Takes an item out of whatever line it waits in. */
  remove(item: ITEM): void {
    for (const [place, { items }] of this.#lines.entries()) {
      const index = items.indexOf(item)
      if (index === -1) continue
      items.splice(index, 1)
      this.#size--
      if (items.length === 0) this.#lines.splice(place, 1)
      return
    }
  }

  #longest(): Line<ITEM> | undefined {
    let longest: Line<ITEM> | undefined
    for (const line of this.#lines) if (line.items.length > (longest?.items.length ?? 0)) longest = line
    return longest
  }
}
