import { nodeBuiltin } from '../node.js'
import { GovernanceError } from '../errors.js'
import type { Store } from './store.js'

/** Where the default store keeps its file, relative to the working directory. */
const DEFAULT_PATH = './.countersign/countersign.db'

/**
 * The store of a governor that was given none: SQLite, opened at first use. The package imports its own subpath by name,
 * so that a program with another store never loads this one.
 *
 * @throws GovernanceError `invalid-option` where this runtime has no `node:sqlite`
 */
export function defaultStore(): Store {
  if (nodeBuiltin('node:sqlite') === undefined) {
    throw new GovernanceError(
      'invalid-option',
      'Option `store`: this runtime has no node:sqlite (Node 22.13 and later have it), so there is no default; pass memoryStore() or another store',
    )
  }
  let opened: Promise<Store> | undefined
  const open = (): Promise<Store> =>
    (opened ??= import('countersign/stores/sqlite').then(({ sqliteStore }) => sqliteStore(DEFAULT_PATH)))
  let store: Store | undefined
  const use = <T>(action: (store: Store) => T | PromiseLike<T>): T | PromiseLike<T> => {
    if (store !== undefined) return action(store)
    return open().then(ready => {
      store = ready
      return action(ready)
    })
  }
  return {
    name: 'sqlite',
    commit: commit => use(to => to.commit(commit)),
    getDecision: id => use(to => to.getDecision(id)),
    listDecisions: filter => use(to => to.listDecisions(filter)),
    readWindows: (windows, at) => use(to => to.readWindows(windows, at)),
    getApproval: id => use(to => to.getApproval(id)),
    findApproval: (key, policyVersion) => use(to => to.findApproval(key, policyVersion)),
    listApprovals: filter => use(to => to.listApprovals(filter)),
    getReceipt: key => use(to => to.getReceipt(key)),
    listReceipts: filter => use(to => to.listReceipts(filter)),
    getGrant: id => use(to => to.getGrant(id)),
    listGrants: filter => use(to => to.listGrants(filter)),
    readAudit: range => use(to => to.readAudit(range)),
    erase: (erasure, audit) => use(to => to.erase(erasure, audit)),
    killSwitches: () => use(to => to.killSwitches()),
    activateKillSwitch: (killSwitch, audit) => use(to => to.activateKillSwitch(killSwitch, audit)),
    deactivateKillSwitch: (scope, audit) => use(to => to.deactivateKillSwitch(scope, audit)),
    readLessons: range => use(to => to.readLessons(range)),
    saveSnapshot: saved => use(to => to.saveSnapshot(saved)),
    loadSnapshot: name => use(to => to.loadSnapshot(name)),
    claimOutbox: claim => use(to => to.claimOutbox(claim)),
    settleOutbox: settlement => use(to => to.settleOutbox(settlement)),
    countOutbox: destination => use(to => to.countOutbox(destination)),
    close: () => (opened === undefined ? undefined : use(to => to.close())),
  }
}
