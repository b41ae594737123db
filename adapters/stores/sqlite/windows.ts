import type { WindowSpend } from 'countersign'
import type { SqliteLike, SqliteStatement } from './sqlite-like.js'

/** Beyond it, doubles no longer add up exactly: what is taken from such a total would leave a remainder behind. */
const EXACT = Number.MAX_SAFE_INTEGER
/** A window with more entries than this that have left is worth a write to be rid of them. */
const WORTH_PRUNING = 256

interface WindowRow {
  readonly id: number
  readonly total: number
}

type StatementName =
  | 'find'
  | 'create'
  | 'add'
  | 'addTotal'
  | 'setTotal'
  | 'drop'
  | 'sum'
  | 'nextTwo'
  | 'dropEmpty'
  | 'last'

interface Held {
  readonly id: number | null
  readonly total: number | null
  readonly left: number
  readonly leftAmount: number
}

/** Sliding windows: a running total a window, and its entries in the order in which they leave. */
export interface WindowTable {
  /** Within a transaction: adds every spend, or names the first window without room and adds none. */
  readonly spend: (spends: readonly WindowSpend[], at: number) => string | undefined
  /** What a window holds, and whether it is worth {@link WindowTable.prune}. */
  readonly read: (key: string, at: number) => { readonly total: number; readonly stale: boolean }
  /** Within a transaction: drops what has left a window. */
  readonly prune: (key: string, at: number) => void
}

/** Prepares the statements on windows. */
export function windowTable(database: SqliteLike): WindowTable {
  const { find, create, add, addTotal, setTotal, drop, sum, nextTwo, dropEmpty, last } = prepareAll(database)
  const heldOf = (key: string, at: number): Held => find.get(at, key) as Held
  const sumOf = (id: number, at: number): number => (sum.get(id, at) as { readonly total: number }).total
  const remaining = ({ id, total, leftAmount }: Held & WindowRow, at: number): number =>
    total > EXACT ? sumOf(id, at) : total - leftAmount
  const prune = (held: Held, at: number): WindowRow | undefined => {
    if (!exists(held)) return undefined
    if (held.left === 0) return held
    const total = remaining(held, at)
    drop.run(held.id, at)
    setTotal.run(total, held.id)
    return { id: held.id, total }
  }
  let sweptTo: number | undefined
  // A name nobody asks for again must not stay for ever: whoever adds a window looks after two others.
  const sweepTwo = (at: number): void => {
    sweptTo ??= Math.floor(Math.random() * (last.get() as { readonly id: number }).id)
    const rows = nextTwo.all(sweptTo) as readonly { readonly id: number; readonly key: string }[]
    for (const { id, key } of rows) {
      prune(heldOf(key, at), at)
      dropEmpty.run(id)
    }
    // At the newest, the round begins again: else it would follow the newest for ever.
    sweptTo = rows.length < 2 ? 0 : (rows.at(-1)?.id ?? 0)
  }

  return {
    spend: (spends, at) => {
      const rows = spends.map(({ key }) => prune(heldOf(key, at), at))
      // Written so that an amount that is not a number has no room anywhere.
      const exceeded = spends.find(({ amount, max }, index) => !((rows[index]?.total ?? 0) + amount <= max))
      if (exceeded !== undefined) return exceeded.key
      for (const [index, { key, windowMs, amount }] of spends.entries()) {
        const { id } = rows[index] ?? (create.get(key) as WindowRow)
        add.run(id, at + windowMs, amount)
        addTotal.run(amount, id)
      }
      // Last, so that no window is swept away that this call is about to use.
      for (const row of rows) if (row === undefined) sweepTwo(at)
      return undefined
    },
    read: (key, at) => {
      const held = heldOf(key, at)
      return exists(held)
        ? { total: remaining(held, at), stale: held.left > WORTH_PRUNING }
        : { total: 0, stale: false }
    },
    prune: (key, at) => {
      prune(heldOf(key, at), at)
    },
  }
}

function exists(held: Held): held is Held & WindowRow {
  return held.id !== null
}

function prepareAll(database: SqliteLike): Readonly<Record<StatementName, SqliteStatement>> {
  return {
    // One statement, so that the total and what has left it are of the same instant.
    find: database.prepare(
      `select windows.id as id, windows.total as total, count(amount) as left, total(amount) as leftAmount
       from windows left join window_entries on window = windows.id and expires <= ? where key = ?`,
    ),
    create: database.prepare('insert into windows (key, total) values (?, 0) returning id, total'),
    add: database.prepare(
      `insert into window_entries (window, expires, amount) values (?, ?, ?)
       on conflict do update set amount = amount + excluded.amount`,
    ),
    addTotal: database.prepare('update windows set total = total + ? where id = ?'),
    setTotal: database.prepare('update windows set total = ? where id = ?'),
    drop: database.prepare('delete from window_entries where window = ? and expires <= ?'),
    sum: database.prepare('select total(amount) as total from window_entries where window = ? and expires > ?'),
    nextTwo: database.prepare('select id, key from windows where id > ? order by id limit 2'),
    dropEmpty: database.prepare(
      'delete from windows where id = ? and not exists (select 1 from window_entries where window = windows.id)',
    ),
    last: database.prepare('select coalesce(max(id), 0) as id from windows'),
  }
}
