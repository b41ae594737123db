import { nextTurn } from '../ambient.js'
import { RecentMap } from '../recent-map.js'
import type { Store } from '../store/store.js'
import { give, lectureOf } from './lecture.js'
import type { KeptCase, Pupil } from './pupil.js'

/** How far learning anew is, in numbers of lessons, whosever they are. */
export interface RelearnProgress {
  readonly done: number
  readonly of: number
}

/** Lessons that are taught before others have their turn: some 10 ms. */
const PAGE = 40
/** Cases at hand. They are read anew, and not taken from those that are known: of those, some may be erased since. */
const MAX_KEPT = 4096

/** Teaches a new model the lessons of one tenant, from the first one on. */
export class Relearning {
  readonly pupil: Pupil
  readonly #store: Pick<Store, 'readLessons' | 'getDecision'>
  readonly #tenant: string | undefined
  readonly #kept = new RecentMap<string, KeptCase>(MAX_KEPT)
  #seq = 0
  #taught = 0

  /** @param tenant none: those of no tenant */
  constructor(store: Pick<Store, 'readLessons' | 'getDecision'>, tenant: string | undefined, pupil: Pupil) {
    this.#store = store
    this.#tenant = tenant
    this.pupil = pupil
  }

  /** Of the last lesson that was read. */
  get seq(): number {
    return this.#seq
  }

  /** How many lessons were taught. */
  get taught(): number {
    return this.#taught
  }

  /** Teaches the next few lessons, none later than `until`; then others have their turn. @throws what the store throws */
  async read(until: number): Promise<void> {
    const page = await this.#store.readLessons({ after: this.#seq, limit: PAGE })
    for (const lesson of page) {
      if (lesson.seq > until) break
      this.#seq = lesson.seq
      if (lesson.tenant !== undefined && lesson.tenant !== this.#tenant) continue
      const lecture = await lectureOf(lesson, this.#store, this.#kept)
      if (lecture === undefined || lecture.tenant !== this.#tenant) continue
      give(lecture, this.pupil)
      this.#taught++
    }
    // Where the lessons before `until` are not there any more, there is nothing left to wait for.
    if (page.length < PAGE || (page.at(-1)?.seq ?? until) >= until) this.#seq = Math.max(this.#seq, until)
    await nextTurn()
  }
}
