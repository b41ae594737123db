import type { Clock } from 'countersign'

interface Timer {
  readonly owner: string
  readonly due: number
  readonly action: () => void
}

/** Deadlines lie further ahead than this, and nobody who waits waits for them. */
const FAR_MS = 100_000_000

/** One time for all processes, which goes on only when the checker says so. A process that is gone has no timers. */
export class Clocks {
  now = Date.UTC(2026, 0, 5, 12)
  #timers: readonly Timer[] = []

  /** The clock of one process; tells when it is looked at. */
  of(owner: string, told: (now: number) => void): Clock {
    return {
      now: () => {
        told(this.now)
        return this.now
      },
      after: (ms, action) => {
        const timer = { owner, due: this.now + ms, action }
        this.#timers = [...this.#timers, timer]
        return () => {
          this.#timers = this.#timers.filter(other => other !== timer)
        }
      },
    }
  }

  drop(owner: string): void {
    this.#timers = this.#timers.filter(timer => timer.owner !== owner)
  }

  advance(ms: number): void {
    this.now += ms
    const due = this.#timers.filter(timer => timer.due <= this.now).toSorted((a, b) => a.due - b.due)
    for (const timer of due) {
      if (!this.#timers.includes(timer)) continue
      this.#timers = this.#timers.filter(other => other !== timer)
      timer.action()
    }
  }

  /** Whoever waits, and for when. */
  waits(): readonly string[] {
    return this.#timers.filter(({ due }) => due - this.now < FAR_MS).map(({ owner, due }) => `${owner} ${due}`)
  }

  /** Milliseconds until somebody who waits looks again. */
  untilNext(): number | undefined {
    const waits = this.#timers.map(({ due }) => due - this.now).filter(ms => ms < FAR_MS)
    return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits))
  }
}
