import { expect, knownKeys } from '../check.js'
import type { KillSwitch, KillSwitchScope } from '../types.js'
import type { DocumentStore } from './document-store.js'
import { isApprovalListed, isDecisionListed, isGrantListed, isReceiptListed } from './filters.js'
import { MemoryRecords } from './memory-records.js'
import { page } from './page.js'
import { snapshot } from './snapshot.js'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Decisions kept; beyond it the oldest are forgotten. So are, each counted by itself, receipts of effects that ended,
   * approvals that ended, and grants that were revoked or used up: a call whose receipt was forgotten may run again. Of
   * the audit log four times as many entries are kept, and verification begins with the oldest of them. Of what others are
   * still to be told, for all destinations together, as many items are kept as decisions: beyond it the oldest are dropped,
   * and nobody is told of them. Of lessons twice as many are kept, and whoever begins anew learns from the oldest of them
   * on; their numbers go on. Documents, snapshots, windows, kill switches and what has not ended are not forgotten. @defaultValue 100_000
   */
  readonly maxDecisions?: number
}

/**
 * A store in this process: for tests, for runtimes without a file system, and as the reference for others. Forgets all at exit.
 *
 * @throws GovernanceError `invalid-option`
 */
export function memoryStore(options: MemoryStoreOptions = {}): DocumentStore {
  knownKeys(options, ['maxDecisions'], 'memoryStore')
  const { maxDecisions = 100_000 } = options
  const isCount = maxDecisions === Infinity || Number.isInteger(maxDecisions)
  expect(isCount && maxDecisions >= 1, 'memoryStore.maxDecisions', 'a whole number of 1 or more')
  const records = new MemoryRecords(maxDecisions)
  const { decisions, windows, approvals, receipts, grants, documents, lessons, snapshots, outbox, audit } = records
  let switches: readonly KillSwitch[] = Object.freeze([])

  return {
    name: 'memory',
    commit: commit => records.commit(commit),
    getDecision: id => decisions.get(id),
    // What is not asked for is not joined either: whoever reads all, page by page, would join most of it again each time.
    listDecisions: ({ before, ...filter }) =>
      page(decisions.newestFirst(before), filter, idOf, decision => isDecisionListed(decision, filter)),
    readWindows: (spends, at) => spends.map(spend => windows.total(spend, at)),
    getApproval: id => approvals.get(id),
    findApproval: (key, policyVersion) => approvals.find(key, policyVersion),
    listApprovals: filter =>
      page(approvals.newestFirst(), filter, idOf, approval => isApprovalListed(approval, filter)),
    getReceipt: key => receipts.get(key),
    listReceipts: filter => page(receipts.newestFirst(), filter, keyOf, receipt => isReceiptListed(receipt, filter)),
    getGrant: id => grants.get(id),
    listGrants: filter => page(grants.newestFirst(), filter, idOf, grant => isGrantListed(grant, filter)),
    getDocument: (key, at) => documents.get(key, at),
    listDocuments: (filter, at) => documents.list(filter, at),
    pruneDocuments: pruning => documents.prune(pruning),
    readAudit: range => audit.read(range),
    erase: (erasure, batch) => {
      records.erase(erasure, batch)
    },
    killSwitches: () => switches,
    activateKillSwitch: (killSwitch, batch) => {
      switches = Object.freeze([...switches.filter(other => !sameScope(other, killSwitch)), snapshot(killSwitch)])
      if (batch !== undefined) audit.append(batch)
    },
    deactivateKillSwitch: (scope, batch) => {
      const remaining = Object.freeze(switches.filter(other => !sameScope(other, scope)))
      const found = remaining.length < switches.length
      switches = remaining
      if (found && batch !== undefined) audit.append(batch)
      return found
    },
    readLessons: range => lessons.read(range),
    saveSnapshot: saved => {
      snapshots.save(saved)
    },
    loadSnapshot: name => snapshots.load(name),
    claimOutbox: claim => outbox.claim(claim),
    settleOutbox: settlement => {
      outbox.settle(settlement)
    },
    countOutbox: destination => outbox.count(destination),
    close: () => {
      // Nothing is held open.
    },
  }
}

function idOf({ id }: { readonly id: string }): string {
  return id
}

function keyOf({ key }: { readonly key: string }): string {
  return key
}

function sameScope(a: KillSwitchScope, b: KillSwitchScope): boolean {
  return a.tool === b.tool && a.tenant === b.tenant && a.domain === b.domain && a.rule === b.rule
}
