// Stores with one fault each, for other processes to open.
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { GENESIS, sealedText } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'

/** None. */
export const sound = path => sqliteStore(path)

/** Acknowledges what it has not written. */
export function hasty(path) {
  const store = sqliteStore(path)
  const waiting = []
  const write = async () => {
    for (const commit of waiting.splice(0)) await store.commit(commit)
  }
  setInterval(write, 20).unref()
  return {
    ...store,
    commit: commit => {
      waiting.push(commit)
      return { committed: true }
    },
    close: async () => {
      await write()
      await store.close()
    },
  }
}

/** Looks whether a key is free and takes it in two steps. */
export function racy(path) {
  const store = sqliteStore(path)
  return {
    ...store,
    commit: async commit => {
      const { receipt } = commit
      if (receipt?.revision !== 1) return store.commit({ ...commit, receipt: undefined })
      if ((await store.getReceipt(receipt.key)) !== undefined) return { committed: false, conflict: 'receipt' }
      await setTimeout(2)
      const known = await store.getReceipt(receipt.key)
      return store.commit({ ...commit, receipt: { ...receipt, revision: (known?.revision ?? 0) + 1 } })
    },
  }
}

/** Looks for items to be told and claims them in two steps. */
export function greedy(path) {
  const store = sqliteStore(path)
  const { select, claim } = outboxOf(path)
  return {
    ...store,
    claimOutbox: async ({ destination, at, until, limit }) => {
      const items = select.all(destination, at, limit)
      await setTimeout(2)
      for (const { id } of items) claim.run(until, id)
      return items
    },
  }
}

/** Puts items into its outbox, and keeps lessons and snapshots, after it has acknowledged them. */
export function tardy(path) {
  const store = sqliteStore(path)
  const waiting = []
  const write = async () => {
    for (const action of waiting.splice(0)) await action()
  }
  setInterval(write, 20).unref()
  return {
    ...store,
    commit: async ({ outbox, lessons, ...commit }) => {
      const result = await store.commit(commit)
      if (result.committed) waiting.push(() => store.commit({ at: 0, outbox, lessons }))
      return result
    },
    saveSnapshot: snapshot => {
      waiting.push(() => store.saveSnapshot(snapshot))
    },
    close: async () => {
      await write()
      await store.close()
    },
  }
}

/** Hands out what was claimed once and never again. */
export function final(path) {
  const store = sqliteStore(path)
  return { ...store, claimOutbox: claim => store.claimOutbox({ ...claim, until: Number.MAX_VALUE }) }
}

/** Numbers lessons, and stores them, in two steps. */
export function numbering(path) {
  const store = sqliteStore(path)
  const log = new DatabaseSync(`${path}-lessons`)
  log.exec('pragma busy_timeout = 5000; pragma journal_mode = wal')
  log.exec('create table if not exists numbers (seq integer primary key)')
  log.exec('create table if not exists lessons (seq integer, decisionId text, kind text, at real, body text)')
  const next = log.prepare('insert into numbers default values returning seq')
  const insert = log.prepare('insert into lessons values (?, ?, ?, ?, ?)')
  const read = log.prepare('select * from lessons where seq > ? order by seq limit ?')
  return {
    ...store,
    commit: async ({ lessons = [], ...commit }) => {
      const result = await store.commit(commit)
      for (const { decisionId, kind, at, body } of result.committed ? lessons : []) {
        const { seq } = next.get()
        await setTimeout(2)
        insert.run(seq, decisionId, kind, at, body)
      }
      return result
    },
    readLessons: ({ after, limit }) => read.all(after, limit),
  }
}

/** Chains its log outside of the transaction: looks for its end, and appends, in two steps. */
export function loose(path) {
  const store = sqliteStore(path)
  const log = new DatabaseSync(`${path}-log`)
  log.exec('pragma busy_timeout = 5000; pragma journal_mode = wal')
  log.exec('create table if not exists log (seq integer, previous text, hash text, decisionId text, body text)')
  const last = log.prepare('select seq, hash from log order by rowid desc limit 1')
  const insert = log.prepare('insert into log values (?, ?, ?, ?, ?)')
  return {
    ...store,
    commit: async ({ audit, ...commit }) => {
      const result = await store.commit(commit)
      for (const { decisionId, body } of result.committed ? audit.entries : []) {
        const { seq, hash } = last.get() ?? { seq: 0, hash: GENESIS }
        await setTimeout(2)
        insert.run(seq + 1, hash, audit.seal(sealedText(hash, seq + 1, body)), decisionId, body)
      }
      return result
    },
    readAudit: ({ after = 0 }) => log.prepare('select * from log where seq > ? order by rowid').all(after),
  }
}

/** Statements on a store's outbox from outside of it. */
function outboxOf(path) {
  // The store makes its tables at first use.
  sqliteStore(path).killSwitches()
  const database = new DatabaseSync(path)
  database.exec('pragma busy_timeout = 5000')
  return {
    select: database.prepare(
      `select id, destination, kind, decision_id as decisionId, body, at, attempts + 1 as attempts from outbox
       where destination = ? and due <= ? order by seq limit ?`,
    ),
    claim: database.prepare('update outbox set due = ?, attempts = attempts + 1 where id = ?'),
  }
}
