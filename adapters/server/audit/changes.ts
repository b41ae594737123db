import type { AuditBatch, Decision, ExecutionRecord, GovernorOptions, Seal } from 'countersign'
import { auditChange, type SettingChange } from '../../../src/report/audit/change-drafts.js'
import { auditExecution } from '../../../src/report/audit/drafts.js'
import { sealWith } from '../../../src/report/audit/seal.js'
import type { WatchedBatch } from '../documents.js'

/** A change of a rule, a key or a webhook. Secrets in what it was and is are left out. */
export interface Change extends SettingChange {
  readonly subject: 'rule' | 'api-key' | 'webhook'
}

/** Never hashed: a secret that somebody chose could be guessed from its hash. When a key was used is no change of it. */
const LEFT_OUT = new Set(['secret', 'lastUsedAt'])

/** Says what of changes to rules, keys and webhooks is appended to the audit log, in the commit that makes them. */
export class ChangeLog {
  readonly #seal: Seal | undefined
  readonly #written: (() => void) | undefined

  /**
   * @param audit as the governor on the same store has it: a log is sealed with one key
   * @param written called once a change was committed
   */
  constructor(audit: GovernorOptions['audit'], written?: () => void) {
    this.#written = written
    this.#seal = audit === false ? undefined : sealWith(audit?.key, 'audit.key')
  }

  /** To be appended by the commit at `at`; nothing where no log is kept. */
  async of(at: number, changes: readonly Change[]): Promise<WatchedBatch | undefined> {
    const seal = this.#seal
    if (seal === undefined) return undefined
    const shown = changes.map(change => ({ ...change, before: open(change.before), after: open(change.after) }))
    const entries = await Promise.all(shown.map(async change => auditChange(change, at)))
    return { entries, seal, ...(this.#written !== undefined && { written: this.#written }) }
  }

  /** To be appended with how a call ended that was executed elsewhere. */
  async ofEnding(execution: ExecutionRecord, decision: Decision): Promise<AuditBatch | undefined> {
    const seal = this.#seal
    return seal && { entries: [await auditExecution(execution, decision)], seal }
  }
}

function open(state: object | undefined): object | undefined {
  return state && Object.fromEntries(Object.entries(state).filter(([name]) => !LEFT_OUT.has(name)))
}
