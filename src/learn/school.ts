import { type Clock, forget } from '../ambient.js'
import { readJson } from '../encoding.js'
import { RecentMap } from '../recent-map.js'
import type { Store, StoredLesson } from '../store/store.js'
import { give, lectureOf } from './lecture.js'
import type { AutonomyChange, Awaitable } from '../types.js'
import type { AutonomyOptions } from './autonomy/options.js'
import type { RiskModelOptions } from './model.js'
import { type KeptCase, Pupil } from './pupil.js'
import { type RelearnProgress, Relearning } from './relearning.js'
import { STATE_VERSION } from './state.js'

/** What a school needs. */
export interface SchoolParts {
  readonly store: Pick<Store, 'readLessons' | 'saveSnapshot' | 'loadSnapshot' | 'getDecision'>
  readonly clock: Clock
  readonly model: RiskModelOptions
  /** What may be let through unasked; nothing, where it is absent. */
  readonly autonomy: AutonomyOptions | undefined
  /** Told of what may be let through from now on. */
  readonly changed: (tenant: string | undefined, of: string, change: AutonomyChange) => void
  /** Told of what could not be read or saved. */
  readonly failed: (operation: string, error: unknown) => void
}

/** Lessons read at once. */
const PAGE = 2000
/** Milliseconds between looks for what other processes wrote. */
const LOOK_MS = 1000
/** A snapshot is some 20 MB: worth it after so many lessons. */
const SAVE_AFTER = 10_000
/** Saved with fewer when the governor closes. */
const SAVE_AT_CLOSE = 2000
/** Cases that are certain to be at hand without asking the store. */
const MAX_KEPT = 4096
/** With another one for each version of the tables: of one whose version was changed nothing could be read, and nothing older be written over it. */
const NAME = `risk-${STATE_VERSION}`

/**
 * Teaches each tenant's model the lessons of a store, in their order: so all processes on one store come to know the same,
 * and a process that begins anew takes up where a snapshot left off.
 */
export class School {
  readonly #parts: SchoolParts
  readonly #pupils = new Map<string, Pupil>()
  readonly #kept = new RecentMap<string, KeptCase>(MAX_KEPT)
  /** Tenants whose models have changed since they were saved. */
  readonly #taught = new Set<string>()
  /** The last lesson in the snapshot that a tenant's model was taken up from: whoever saves may end before it is saved how far all of them are. */
  readonly #restored = new Map<string, number>()
  #unsaved = 0
  #seq = 0
  #hasBegun = false
  #isClosed = false
  #reading: Promise<void> | undefined
  #stop = (): void => undefined

  /** Begins to read. */
  constructor(parts: SchoolParts) {
    this.#parts = parts
    this.#later(0)
  }

  /** The model of a tenant; nothing until it is known what there is to know of it. */
  pupil(tenant: string | undefined): Pupil | undefined {
    return this.#hasBegun ? this.#pupilOf(tenant ?? '') : undefined
  }

  /** Whether a case is at hand. */
  has(decisionId: string): boolean {
    return this.#kept.get(decisionId) !== undefined
  }

  /** A case that is about to be stored: it need not be read again. */
  keep(kept: KeptCase): void {
    this.#kept.set(kept.decisionId, kept)
  }

  /** Lessons were written. */
  nudge(): void {
    this.#later(0)
  }

  /** Learns all that is there by now. */
  async catchUp(): Promise<void> {
    await this.#reading
    await this.#read()
  }

  /**
   * Throws away what is known of a tenant, and learns it anew from what the store has: what was erased since is forgotten. Until
   * that is done, what was known before holds. The new model takes the place of the old snapshot, too.
   *
   * @param told hears how far it is
   * @returns how many lessons it was taught
   * @throws what the store throws; Error where it is closed meanwhile
   */
  async relearn(tenant: string | undefined, told: (progress: RelearnProgress) => Awaitable<void> = () => undefined) {
    await this.catchUp()
    const anew = new Relearning(this.#parts.store, tenant, this.#newPupil())
    const step = async (): Promise<void> => {
      if (this.#isClosed) throw new Error('The governor was closed before all was learnt anew.')
      await anew.read(this.#seq)
      await told({ done: anew.seq, of: this.#seq })
    }
    while (anew.seq < this.#seq) await step()
    // What remains is learnt while nothing else is: no lesson is half taught to the model that goes.
    while (this.#reading !== undefined) await this.#reading
    const ending = (async () => {
      while (anew.seq < this.#seq) await step()
      this.#pupils.set(tenant ?? '', anew.pupil)
      this.#restored.delete(tenant ?? '')
      this.#taught.add(tenant ?? '')
      await this.#save()
    })()
    this.#reading = ending
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined
        this.#later(LOOK_MS)
      })
    await ending
    return anew.taught
  }

  /** Keeps what was learnt, where that is worth it. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop()
    await this.#reading
    if (this.#unsaved >= SAVE_AT_CLOSE) await this.#save()
  }

  #later(ms: number): void {
    if (this.#isClosed) return
    this.#stop()
    this.#stop = this.#parts.clock.after(ms, () => forget(this.#read()), true)
  }

  /** Never rejects. */
  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined
      this.#later(LOOK_MS)
    })
    return this.#reading
  }

  async #readAll(): Promise<void> {
    const { store, failed } = this.#parts
    try {
      if (!this.#hasBegun) await this.#resume()
      this.#hasBegun = true
      for (;;) {
        // Before there is more to read, and not after: whoever waits for what is there need not wait for a snapshot of it.
        if (this.#unsaved >= SAVE_AFTER) await this.#save()
        const lessons = await store.readLessons({ after: this.#seq, limit: PAGE })
        for (const lesson of lessons) await this.#teach(lesson)
        if (lessons.length < PAGE) return
      }
    } catch (error) {
      failed('readLessons', error)
    }
  }

  async #teach(lesson: StoredLesson): Promise<void> {
    // Where its case cannot be read just now, it comes again.
    const lecture = await lectureOf(lesson, this.#parts.store, this.#kept)
    this.#seq = lesson.seq
    this.#unsaved++
    if (lecture === undefined) return
    const { tenant } = lecture
    if (lesson.seq <= (this.#restored.get(tenant ?? '') ?? 0)) return
    this.#taught.add(tenant ?? '')
    const news = give(lecture, this.#pupilOf(tenant ?? ''))
    if (news !== undefined) this.#parts.changed(tenant, news.of, news.change)
  }

  #pupilOf(tenant: string): Pupil {
    const known = this.#pupils.get(tenant)
    if (known !== undefined) return known
    const begun = this.#newPupil()
    this.#pupils.set(tenant, begun)
    return begun
  }

  #newPupil(): Pupil {
    return new Pupil(this.#parts.model, this.#parts.autonomy)
  }

  /** Takes up where the last snapshot left off; begins anew where one of its parts is missing. */
  async #resume(): Promise<void> {
    const { store } = this.#parts
    const index = await store.loadSnapshot(NAME)
    const tenants = index === undefined ? undefined : readJson(new TextDecoder().decode(index.bytes))
    if (index === undefined || !Array.isArray(tenants)) return
    const restored = new Map<string, { readonly pupil: Pupil; readonly seq: number }>()
    for (const tenant of tenants as readonly string[]) {
      const snapshot = await store.loadSnapshot(nameOf(tenant))
      const pupil = this.#newPupil()
      if (snapshot === undefined || !pupil.restore(snapshot.bytes)) return
      restored.set(tenant, { pupil, seq: snapshot.seq })
    }
    for (const [tenant, { pupil, seq }] of restored) {
      this.#pupils.set(tenant, pupil)
      this.#restored.set(tenant, seq)
    }
    this.#seq = index.seq
  }

  /** Those that have learnt something since, and then how far all of them are. */
  async #save(): Promise<void> {
    const { store, failed } = this.#parts
    const seq = this.#seq
    try {
      for (const tenant of this.#taught)
        await store.saveSnapshot({ name: nameOf(tenant), seq, bytes: this.#pupilOf(tenant).save() })
      const bytes = new TextEncoder().encode(JSON.stringify([...this.#pupils.keys()]))
      await store.saveSnapshot({ name: NAME, seq, bytes })
      this.#taught.clear()
      this.#unsaved = 0
    } catch (error) {
      failed('saveSnapshot', error)
    }
  }
}

function nameOf(tenant: string): string {
  return `${NAME}/${tenant}`
}
