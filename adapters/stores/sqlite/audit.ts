import {
  type AuditBatch,
  type AuditDraft,
  type AuditEntry,
  type AuditRange,
  GENESIS,
  GovernanceError,
  type Seal,
  sealedText,
} from 'countersign'
import { pageSize } from './listing.js'
import type { SqliteLike } from './sqlite-like.js'

interface Head {
  readonly seq: number
  readonly hash: string
}

interface AuditRow extends Head {
  readonly previous: string
  readonly decision_id: string | null
  readonly tenant: string | null
  readonly body: string
  readonly personal: string | null
}

const COLUMNS = 'seq, previous, hash, decision_id, tenant, body, personal'

/** The audit log. */
export interface AuditTable {
  /**
   * Within a transaction: chains entries to the last one, whoever wrote it.
   *
   * @throws GovernanceError `store-failed` for a seal that answers later
   */
  readonly append: (batch: AuditBatch) => void
  /** Must be called when entries were taken back: what was the last one no longer is. */
  readonly forgetLast: () => void
  readonly read: (range: AuditRange) => AuditEntry[]
  /** Within a transaction: replaces the personal fields of a decision's entries. */
  readonly erase: (decisionId: string, erased: (personal: string) => string | undefined) => void
}

/** A batch that later changes to what was passed in do not reach. */
export function auditBatch({ entries, seal }: AuditBatch): AuditBatch {
  return { entries: entries.map(entry => ({ ...entry })), seal }
}

/** Prepares the statements on the audit log. */
export function auditTable(database: SqliteLike): AuditTable {
  const insert = database.prepare(
    `insert into audit (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?) on conflict (seq) do nothing`,
  )
  const last = database.prepare('select seq, hash from audit order by seq desc limit 1')
  const all = database.prepare(`select ${COLUMNS} from audit where seq > ? order by seq limit ?`)
  const ofDecision = database.prepare(
    `select ${COLUMNS} from audit where decision_id = ? and seq > ? order by seq limit ?`,
  )
  const personals = database.prepare('select seq, personal from audit where decision_id = ? and personal is not null')
  const setPersonal = database.prepare('update audit set personal = ? where seq = ?')
  let head: Head | undefined
  const readHead = (): Head => (last.get() as Head | undefined) ?? { seq: 0, hash: GENESIS }

  const insertAfter = ({ seq: before, hash: previous }: Head, draft: AuditDraft, seal: Seal): Head | undefined => {
    const { decisionId = null, tenant = null, body, personal = null } = draft
    const seq = before + 1
    const hash = seal(sealedText(previous, seq, body))
    if (typeof hash !== 'string') throw answersLater()
    const { changes } = insert.run(seq, previous, hash, decisionId, tenant, body, personal)
    return Number(changes) === 1 ? { seq, hash } : undefined
  }

  return {
    append: ({ entries, seal }) => {
      for (const draft of entries) {
        head ??= readHead()
        // Where the number is taken, another process wrote since; none can while this one writes.
        head = insertAfter(head, draft, seal) ?? insertAfter(readHead(), draft, seal)
      }
    },
    forgetLast: () => {
      head = undefined
    },
    read: ({ after = 0, decisionId, limit }) => {
      const size = pageSize(limit, 1000, 10_000)
      const rows = decisionId === undefined ? all.all(after, size) : ofDecision.all(decisionId, after, size)
      return (rows as AuditRow[]).map(entryOf)
    },
    erase: (decisionId, erased) => {
      for (const { seq, personal } of personals.all(decisionId) as {
        readonly seq: number
        readonly personal: string
      }[])
        setPersonal.run(erased(personal) ?? null, seq)
    },
  }
}

function entryOf({ seq, previous, hash, decision_id, tenant, body, personal }: AuditRow): AuditEntry {
  return {
    seq,
    previous,
    hash,
    body,
    ...(decision_id === null ? {} : { decisionId: decision_id }),
    ...(tenant === null ? {} : { tenant }),
    ...(personal === null ? {} : { personal }),
  }
}

function answersLater(): GovernanceError {
  return new GovernanceError(
    'store-failed',
    'The sqlite store failed: entries of the audit log are chained while they are written, and their seal answered with a promise; it must answer at once',
  )
}
