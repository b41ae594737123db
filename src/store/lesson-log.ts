import { pageSize } from './page.js'
import type { Lesson, LessonRange, StoredLesson } from './store.js'

/** What learners learn, in the order in which it came. */
export class LessonLog {
  readonly #size: number
  /** Number n is at n - 1, or in the place of the one that was forgotten for it. */
  readonly #lessons: StoredLesson[] = []
  #last = 0

  /** Keeps the `size` lessons that came last. */
  constructor(size: number) {
    this.#size = size
  }

  append(lessons: readonly Lesson[]): void {
    for (const lesson of lessons) {
      this.#lessons[this.#last % this.#size] = Object.freeze({ ...lesson, seq: this.#last + 1 })
      this.#last++
    }
  }

  read({ after, limit }: LessonRange): StoredLesson[] {
    const first = Math.max(Math.floor(after), this.#last - this.#size, 0)
    const until = Math.min(this.#last, first + pageSize(limit, 1000, 10_000))
    const found: StoredLesson[] = []
    for (let index = first; index < until; index++) {
      const lesson = this.#lessons[index % this.#size]
      if (lesson !== undefined) found.push(lesson)
    }
    return found
  }

  /** Empties what is about a decision. */
  empty(decisionId: string): void {
    for (const [index, lesson] of this.#lessons.entries())
      if (lesson.decisionId === decisionId) this.#lessons[index] = Object.freeze({ ...lesson, body: '' })
  }
}
