import { chain } from '../../ambient.js'
import { type AuditEntry, GENESIS, type Seal, sealedText } from '../../audit-entry.js'
import { readJsonObject } from '../../encoding.js'
import type { Awaitable } from '../../types.js'
import type { AuditHead, Checkpoint } from './checkpoint.js'
import { CheckpointCheck } from './checkpoint-check.js'
import { checkPersonal } from './personal.js'
import { type Break, breakAt, type Verification } from './verification.js'

/** A sealed body, read. */
type Body = Readonly<Record<string, unknown>>

/** A personal field that is no longer there. */
interface Gone {
  readonly entry: AuditEntry
  readonly body: Body
  readonly field: string
}

/** Follows a chain, entry by entry. */
export class ChainCheck {
  entries = 0
  readonly #seal: Seal
  /** Absent until an entry came, where any may be the first. */
  #head: AuditHead | undefined
  #first: number | undefined
  readonly #checkpoints: CheckpointCheck
  /** Where a field of a decision was erased last. */
  readonly #erasures = new Map<string, number>()
  readonly #gone: Gone[] = []

  constructor(seal: Seal, from: AuditHead | 'first', checkpoints: readonly Checkpoint[]) {
    this.#seal = seal
    this.#head = from === 'first' ? undefined : from
    this.#checkpoints = new CheckpointCheck(checkpoints)
  }

  /** The break at an entry, if it is one. Ends the check. */
  next(given: unknown): Awaitable<Break | undefined> {
    const entry = readEntry(given)
    if (entry === undefined) {
      const after = this.#head === undefined ? 'The first entry' : `What comes after entry ${this.#head.seq}`
      return {
        at: { seq: (this.#head?.seq ?? 0) + 1 },
        problem: 'malformed',
        message: `${after} cannot be read as an entry.`,
      }
    }
    return (
      this.#checkPlace(entry) ??
      chain(this.#seal(sealedText(entry.previous, entry.seq, entry.body)), hash => {
        if (hash !== entry.hash) return breakAt(entry, 'changed', this.#changedMessage(entry))
        return this.#checkContent(entry)
      })
    )
  }

  /** Whether this is the entry that was to come. */
  isNext(given: unknown): boolean {
    return this.#head !== undefined && readEntry(given)?.seq === this.#head.seq + 1
  }

  /** The break of an entry that comes after a later one, or again; where the next one was to come. */
  misplaced(given: unknown): Break {
    const entry = given as AuditEntry
    const place = (this.#head?.seq ?? 0) + 1
    const { at, ...found } = breakAt(entry, 'reordered', `Entry ${entry.seq} is out of its place, or there twice.`)
    return { ...found, at: { ...at, seq: place } }
  }

  /** The break that shows only when all entries were seen. */
  end(): Break | undefined {
    const cut = this.#checkpoints.end(this.#head?.seq ?? 0)
    if (cut !== undefined) return cut
    const gone = this.#gone.find(({ entry, field }) => (this.#erasures.get(erasureKey(entry, field)) ?? 0) < entry.seq)
    if (gone === undefined) return undefined
    const message = `Entry ${gone.entry.seq}: its field "${gone.field}" is gone, and no erasure is on record.`
    return breakAt(gone.entry, 'field-changed', message, gone.body)
  }

  /** What to say of a log without a break. */
  result(): Verification {
    const head = this.#head ?? { seq: 0, hash: GENESIS }
    const base = {
      ok: true,
      entries: this.entries,
      head,
      erased: this.#gone.length,
      checkpoints: this.#checkpoints.agreed,
    } as const
    return this.#first === undefined ? base : { ...base, first: this.#first }
  }

  #checkPlace(entry: AuditEntry): Break | undefined {
    this.#head ??= { seq: entry.seq - 1, hash: entry.previous }
    const expected = this.#head.seq + 1
    if (entry.seq < expected) {
      return this.misplaced(entry)
    }
    if (entry.seq > expected) {
      const hint = expected === 1 ? ' Where older entries were let go of on purpose, verify from "first".' : ''
      const message = `Entry ${expected} is missing: entry ${entry.seq} comes in its place.${hint}`
      return { at: { seq: expected }, problem: 'missing', message }
    }
    if (entry.previous !== this.#head.hash) {
      const message = `Entry ${entry.seq} does not follow from entry ${expected - 1} as it is: one of them was replaced and sealed anew.`
      return breakAt(entry, 'relinked', message)
    }
    return this.#first === undefined ? this.#checkpoints.next(this.#head) : undefined
  }

  #changedMessage({ seq }: AuditEntry): string {
    const hint = this.entries === 0 ? ', or the log is sealed with another key' : ''
    return `Entry ${seq} is not what was sealed: it was changed${hint}.`
  }

  #checkContent(entry: AuditEntry): Awaitable<Break | undefined> {
    const body = readJsonObject(entry.body)
    if (body === undefined || typeof body['kind'] !== 'string') {
      return breakAt(entry, 'malformed', `Entry ${entry.seq} holds no facts.`)
    }
    for (const name of ['decisionId', 'tenant'] as const) {
      if (entry[name] !== body[name]) {
        return breakAt(entry, 'changed', `Entry ${entry.seq} is filed under another \`${name}\` than was sealed.`, body)
      }
    }
    const commits = readCommits(body)
    return chain(checkPersonal(commits, entry.personal), checked => {
      if (!checked.ok) return breakAt(entry, 'field-changed', `Entry ${entry.seq}: ${checked.message}.`, body)
      for (const field of checked.gone) this.#gone.push({ entry, body, field })
      this.#noteErasure(entry, body)
      this.#head = { seq: entry.seq, hash: entry.hash }
      this.#first ??= entry.seq
      this.entries++
      return this.#checkpoints.next(this.#head)
    })
  }

  #noteErasure(entry: AuditEntry, body: Body): void {
    const { kind, fields } = body
    if (kind !== 'erasure' || !Array.isArray(fields)) return
    for (const field of fields) this.#erasures.set(erasureKey(entry, String(field)), entry.seq)
  }
}

function readEntry(given: unknown): AuditEntry | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { seq, previous, hash, body, personal, decisionId, tenant } = given as Readonly<Record<string, unknown>>
  const isNumbered = Number.isSafeInteger(seq) && (seq as number) > 0
  const hasTexts = [previous, hash, body].every(text => typeof text === 'string')
  const hasOptional = [personal, decisionId, tenant].every(text => text === undefined || typeof text === 'string')
  return isNumbered && hasTexts && hasOptional ? (given as AuditEntry) : undefined
}

function readCommits({ commits }: Body): Body {
  return typeof commits === 'object' && commits !== null ? (commits as Body) : {}
}

function erasureKey({ decisionId = '' }: AuditEntry, field: string): string {
  return `${field} ${decisionId}`
}
