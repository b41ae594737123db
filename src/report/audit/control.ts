import { GovernanceError } from '../../errors.js'
import type { Decision } from '../../types.js'
import type { AuditLog } from './audit-log.js'
import type { SignedCheckpoint } from './checkpoint.js'
import type { PersonalField } from './commitments.js'
import { exportLines } from './export.js'
import { entriesOf } from './pages.js'
import { type AuditRecord, joinRecord } from './record.js'
import type { Verification } from './verification.js'
import type { VerifyOptions } from './verify.js'

/** The audit log of a governor, as one scope sees it. */
export interface AuditControl {
  /** Checks the whole log, of all tenants, and says where it is broken. */
  readonly verify: (options?: Omit<VerifyOptions, 'seal'>) => Promise<Verification>
  /**
   * The whole log as lines of JSON, each with its newline. `verifyAudit` checks them anywhere.
   *
   * @throws GovernanceError `not-permitted` in the scope of a tenant: the log is that of all of them
   */
  readonly export: () => AsyncIterable<string>
  /** Everything the log holds of one call; `undefined` where there is nothing, or it is another tenant's. */
  readonly record: (decisionId: string) => Promise<AuditRecord | undefined>
  /**
   * Forgets personal fields of one call, or dry run, for good, wherever they are stored. The log still verifies, and shows that they
   * were erased, by whom and why. Files that were exported before keep them.
   *
   * @throws GovernanceError `not-found` where nothing is on record; `invalid-call` for a field that is not a personal one
   */
  readonly erase: (erasure: {
    readonly decisionId: string
    readonly fields: readonly PersonalField[]
    readonly by: string
    readonly reason: string
  }) => Promise<void>
  /**
   * Signs how far the log has come, now.
   *
   * @throws GovernanceError `invalid-call` where no checkpoints were asked for; `store-failed` when the log is broken
   */
  readonly checkpoint: () => Promise<SignedCheckpoint>
}

/** Control of a log in the scope of a tenant; of all tenants when absent. */
export function auditControl(log: AuditLog, tenant?: string): AuditControl {
  const { store, seal } = log
  const record = async (decisionId: string): Promise<AuditRecord | undefined> => {
    const entries = await log.entriesOf(decisionId)
    const isVisible = tenant === undefined || entries.some(entry => entry.tenant === tenant)
    return isVisible ? joinRecord(entries) : undefined
  }
  /** Whose call it is; `undefined` where there is none. A dry run is stored, and not in the log. */
  const subject = async (decisionId: string): Promise<Pick<Decision, 'tenant'> | undefined> => {
    const known = await record(decisionId)
    if (known !== undefined) return known.entries.find(entry => entry.tenant !== undefined) ?? {}
    const stored = await store.getDecision(decisionId)
    return tenant === undefined || stored?.tenant === tenant ? stored : undefined
  }
  return {
    verify: async (options = {}) => {
      const after = typeof options.from === 'object' ? options.from.seq : 0
      const { verifyEntries } = await import('../../later.js')
      return verifyEntries(entriesOf(store, { after }), { ...options, seal })
    },
    export: () => {
      if (tenant === undefined) return exportLines(entriesOf(store))
      throw new GovernanceError(
        'not-permitted',
        `audit.export: the log is that of all tenants, not only of "${tenant}".`,
      )
    },
    record,
    erase: async request => {
      const known = await subject(request.decisionId)
      if (known !== undefined) return log.erase(request, known.tenant)
      throw new GovernanceError('not-found', `audit.erase: nothing is on record of a decision "${request.decisionId}".`)
    },
    checkpoint: () => log.checkpoint(),
  }
}

/** What a governor without a log has in its place. */
export function noAuditControl(): AuditControl {
  return { verify: refuseLater, export: refuse, record: refuseLater, erase: refuseLater, checkpoint: refuseLater }
}

function refuse(): never {
  throw new GovernanceError('invalid-call', 'audit: this governor keeps no audit log (option `audit: false`).')
}

async function refuseLater(): Promise<never> {
  return refuse()
}
