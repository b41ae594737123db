import type { AuditBatch, DocumentStore, Store } from 'countersign'
import { findApproval, getApproval, listApprovals } from './approvals.js'
import { auditBatch, readAudit } from './audit.js'
import { commitText } from './commit-text.js'
import { connect } from './connection.js'
import { getDecision, listDecisions } from './decisions.js'
import { getDocument, listDocuments, pruneDocuments } from './documents.js'
import { eraser } from './erase.js'
import { getGrant, listGrants } from './grants.js'
import { activate, deactivate, killSwitches } from './kill-switches.js'
import { lazyConnection } from './lazy-connection.js'
import { readLessons } from './lessons.js'
import { checked, type PostgresStoreOptions } from './options.js'
import { claimOutbox, countOutbox, settleOutbox } from './outbox.js'
import type { PoolLike } from './pool-like.js'
import { prune, type Pruned, type Retention } from './prune.js'
import { getReceipt, listReceipts } from './receipts.js'
import { loadSnapshot, saveSnapshot } from './snapshots.js'
import { withAudit } from './switching.js'
import { readWindows } from './windows.js'

export type { PostgresStoreOptions } from './options.js'
export type { ClientLike, NotificationLike, PoolLike, QueryLike, SqlValue } from './pool-like.js'
export type { Pruned, Retention } from './prune.js'

/** A {@link Store} in PostgreSQL. */
export interface PostgresStore extends DocumentStore {
  readonly watch: NonNullable<Store['watch']>
  /**
   * Lets go of old records that have ended, in batches that hold no lock for long: for a job that runs every night. How many
   * of each kind it were. What has not ended is kept, however old.
   *
   * @throws GovernanceError `invalid-option`
   */
  readonly prune: (retention: Retention) => Promise<Pruned>
}

/**
 * A store in a PostgreSQL database (14 or later), shared by any number of processes on any number of machines. Takes a
 * connection string, for which the package `pg` must be installed, or a pool of `pg`, which stays open when the store is
 * closed and needs two connections at least. Its tables are made at first use, in a schema of their own.
 *
 * Its methods reject with GovernanceError `store-failed`: then nothing was written, unless the connection broke while it was
 * being committed, when all of it may have been; `unsupported-schema` where newer code has made the schema;
 * `invalid-option` for a role that would see too much or too little; and `closed` after `close`.
 *
 * @throws GovernanceError `invalid-option`
 */
export function postgresStore(
  connectionStringOrPool: string | PoolLike,
  options: PostgresStoreOptions = {},
): PostgresStore {
  const settings = checked(connectionStringOrPool, options)
  const { tenant } = settings
  const { use, close } = lazyConnection(() => connect(connectionStringOrPool, settings))

  return {
    name: 'postgres',
    commit: async commit => {
      // Copied and encoded before anything is waited for.
      const text = commitText(commit, tenant)
      const batch = copied(commit.audit)
      return use(({ writer }) => writer.commit(text, batch))
    },
    getDecision: id => use(({ database }) => getDecision(database, id)),
    listDecisions: filter => use(({ database }) => listDecisions(database, filter)),
    readWindows: (windows, at) => use(({ database }) => readWindows(database, windows, at)),
    getApproval: id => use(({ database }) => getApproval(database, id)),
    findApproval: (key, policyVersion) => use(({ database }) => findApproval(database, key, policyVersion)),
    listApprovals: filter => use(({ database }) => listApprovals(database, filter)),
    getReceipt: key => use(({ database }) => getReceipt(database, key)),
    listReceipts: filter => use(({ database }) => listReceipts(database, filter)),
    getGrant: id => use(({ database }) => getGrant(database, id)),
    listGrants: filter => use(({ database }) => listGrants(database, filter)),
    getDocument: (key, at) => use(({ database }) => getDocument(database, key, at, tenant)),
    listDocuments: (filter, at) => use(({ database }) => listDocuments(database, filter, at, tenant)),
    pruneDocuments: pruning => use(({ database }) => pruneDocuments(database, pruning)),
    readAudit: range => use(({ database, log }) => readAudit(database, log, range)),
    erase: async (erasure, audit) => {
      const erase = eraser(erasure, audit)
      return use(({ database, log }) => erase(database, log))
    },
    killSwitches: () => use(({ database }) => killSwitches(database, tenant)),
    activateKillSwitch: async (killSwitch, audit) => {
      const work = activate(killSwitch, tenant)
      const batch = copied(audit)
      return use(({ database, log }) => withAudit(database, log, batch, work))
    },
    deactivateKillSwitch: async (scope, audit) => {
      const work = deactivate(scope, tenant)
      const batch = copied(audit)
      return use(({ database, log }) => withAudit(database, log, batch, work, found => found))
    },
    readLessons: range => use(({ database }) => readLessons(database, range)),
    saveSnapshot: async snapshot => {
      const save = saveSnapshot(snapshot, tenant)
      return use(({ database }) => save(database))
    },
    loadSnapshot: name => use(({ database }) => loadSnapshot(database, name, tenant)),
    claimOutbox: claim => use(({ database }) => claimOutbox(database, claim)),
    settleOutbox: settlement => use(({ database }) => settleOutbox(database, settlement)),
    countOutbox: destination => use(({ database }) => countOutbox(database, destination)),
    watch: changed => use(({ watch }) => watch.add(changed)),
    prune: retention => use(({ database, log }) => prune(database, log, retention)),
    close,
  }
}

function copied(batch: AuditBatch | undefined): AuditBatch | undefined {
  return batch === undefined ? undefined : auditBatch(batch)
}
