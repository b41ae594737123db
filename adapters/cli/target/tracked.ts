import type { Store } from 'countersign'
import { progress } from '../output/progress.js'

/** Runs through the audit log of a store, and shows how far it is. */
export async function tracked<T>(store: Store, what: string, work: (store: Store) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(store)
  const bar = progress(what, await lastEntry(store))
  try {
    return await work({
      ...store,
      readAudit: async range => {
        const page = await store.readAudit(range)
        bar.at(page.at(-1)?.seq ?? 0)
        return page
      },
    })
  } finally {
    bar.end()
  }
}

/** Number of the last entry: looked for, as nothing else is read. */
async function lastEntry(store: Store): Promise<number> {
  let low = 0
  let step = 1024
  for (;;) {
    const [next] = await store.readAudit({ after: low + step, limit: 1 })
    if (next !== undefined) {
      low = next.seq
      step *= 2
    } else if (step <= 1) {
      return low
    } else {
      step = Math.floor(step / 4)
    }
  }
}
