import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Commit, memoryStore, type OutboxItem, type Store } from 'countersign'
import { testStore } from 'countersign/testing'
import { afterAll, describe, expect, it } from 'vitest'

/** Titles of the cases that a store fails. */
async function failures(create: () => Store): Promise<string[]> {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = []
  testStore({ name: 'it', create, test: (title, run) => cases.push({ title, run }) })
  const failed: string[] = []
  for (const { title, run } of cases) await run().catch(() => failed.push(title))
  return failed
}

/** A memory store with one fault. */
const faulty = (fault: (sound: Store) => Partial<Store>) => () => {
  const sound = memoryStore()
  return { ...sound, ...fault(sound) }
}

/** A commit without its audit entries. */
const silent = ({ audit: _audit, ...commit }: Commit): Commit => commit

/** A commit whose records follow on whatever is there. */
async function forced(sound: Store, commit: Commit): Promise<Commit> {
  const { approval, receipt, grant } = commit
  const next = (known: { readonly revision: number } | undefined): number => (known?.revision ?? 0) + 1
  const known = approval && ((await sound.getApproval(approval.id)) ?? (await sound.findApproval(approval.key)))
  return {
    ...commit,
    ...(approval && { approval: { ...approval, id: known?.id ?? approval.id, revision: next(known) } }),
    ...(receipt && { receipt: { ...receipt, revision: next(await sound.getReceipt(receipt.key)) } }),
    ...(grant && { grant: { ...grant, revision: next(await sound.getGrant(grant.id)) } }),
  }
}

const FAULTS: Readonly<Record<string, () => Store>> = {
  'keeps a reference instead of a copy': faulty(sound => {
    const kept = new Map<string, unknown>()
    return {
      commit: commit => {
        if (commit.decision !== undefined) kept.set(commit.decision.id, commit.decision)
        return sound.commit(commit)
      },
      getDecision: async id => {
        const record = await sound.getDecision(id)
        return record && { ...record, ...(kept.get(id) as object) }
      },
    }
  }),
  'looks at a window and takes from it in two steps': faulty(sound => ({
    commit: async commit => {
      const spends = commit.spends ?? []
      const held = await sound.readWindows(spends, commit.at)
      const full = spends.findIndex(({ amount, max }, index) => (held[index] ?? 0) + amount > max)
      await Promise.resolve()
      const exceeded = spends[full]?.key
      if (exceeded !== undefined) return { committed: false, exceeded }
      return sound.commit({ ...commit, spends: spends.map(spend => Object.assign({}, spend, { max: Infinity })) })
    },
  })),
  'lets an entry leave a millisecond late': faulty(sound => ({
    readWindows: (windows, at) => sound.readWindows(windows, at - 1),
  })),
  'stores a decision whose limit was exceeded': faulty(sound => ({
    commit: async commit => {
      const result = await sound.commit(commit)
      if (!result.committed && 'exceeded' in result) await sound.commit({ ...commit, spends: [] })
      return result
    },
  })),
  'stores the decision of a commit that was in conflict': faulty(sound => ({
    commit: async commit => {
      const result = await sound.commit(commit)
      const { at, decision } = commit
      if (!result.committed && decision !== undefined) await sound.commit({ at, decision })
      return result
    },
  })),
  'counts what a commit would have spent that was in conflict': faulty(sound => ({
    commit: async commit => {
      const result = await sound.commit(commit)
      const { at, spends = [] } = commit
      if (!result.committed && 'conflict' in result) await sound.commit({ at, spends })
      return result
    },
  })),
  'writes the audit log before it knows whether the commit can be made': faulty(sound => ({
    commit: async commit => {
      const { at, audit } = commit
      if (audit !== undefined) await sound.commit({ at, audit })
      return sound.commit(silent(commit))
    },
  })),
  'has no audit log': faulty(sound => ({ commit: commit => sound.commit(silent(commit)) })),
  'ignores revisions': faulty(sound => ({ commit: async commit => sound.commit(await forced(sound, commit)) })),
  'compares a revision and writes the next in two steps': faulty(sound => ({
    commit: async commit => {
      const { approval, receipt, grant } = commit
      const [knownApproval, knownReceipt, knownGrant] = [
        approval && (await sound.getApproval(approval.id)),
        receipt && (await sound.getReceipt(receipt.key)),
        grant && (await sound.getGrant(grant.id)),
      ]
      if (approval && approval.revision !== (knownApproval?.revision ?? 0) + 1) return sound.commit(commit)
      if (receipt && receipt.revision !== (knownReceipt?.revision ?? 0) + 1) return sound.commit(commit)
      if (grant && grant.revision !== (knownGrant?.revision ?? 0) + 1) return sound.commit(commit)
      return sound.commit(await forced(sound, commit))
    },
  })),
  'lets revisions be skipped': faulty(sound => ({
    commit: async commit => {
      const { receipt } = commit
      const known = receipt && (await sound.getReceipt(receipt.key))
      if (receipt === undefined || receipt.revision <= (known?.revision ?? 0)) return sound.commit(commit)
      return sound.commit(await forced(sound, commit))
    },
  })),
  'opens two approvals for one call under one policy': faulty(sound => {
    let opened = 0
    return {
      commit: async commit => {
        const { approval } = commit
        if (approval?.revision !== 1 || (await sound.getApproval(approval.id)) !== undefined)
          return sound.commit(commit)
        const known = await sound.findApproval(approval.key, approval.policyVersion)
        if (known === undefined) return sound.commit(commit)
        return sound.commit({ ...commit, approval: { ...approval, key: `${approval.key} ${++opened}` } })
      },
    }
  }),
  'finds approvals that were asked under another policy': faulty(sound => ({
    findApproval: key => sound.findApproval(key),
  })),
  'lists oldest first': faulty(sound => ({
    listDecisions: async filter => (await sound.listDecisions(filter)).toReversed(),
  })),
  'lists what the world has answered with what it has not': faulty(sound => ({
    listDecisions: ({ hasOutcome: _hasOutcome, ...filter }) => sound.listDecisions(filter),
  })),
  'takes `hasOutcome: false` for no filter': faulty(sound => ({
    listDecisions: ({ hasOutcome, ...filter }) =>
      sound.listDecisions(hasOutcome === true ? { ...filter, hasOutcome } : filter),
  })),
  'lists effects in whatever state': faulty(sound => ({
    listReceipts: ({ status: _status, ...filter }) => sound.listReceipts(filter),
  })),
  'lists grants as live that are not': faulty(sound => ({
    listGrants: ({ liveAt: _liveAt, ...filter }) => sound.listGrants(filter),
  })),
  'lists a grant as live at the instant it expires': faulty(sound => ({
    listGrants: ({ liveAt, ...filter }) =>
      sound.listGrants(liveAt === undefined ? filter : { ...filter, liveAt: liveAt - 1 }),
  })),
  'chains the audit log with a seal of its own': faulty(sound => ({
    commit: commit => {
      const { audit, ...rest } = commit
      return sound.commit(audit === undefined ? rest : { ...rest, audit: { ...audit, seal: text => `${text.length}` } })
    },
  })),
  'numbers the entries of every decision anew': faulty(sound => ({
    readAudit: async range =>
      (await sound.readAudit(range)).map((entry, index) => Object.assign({}, entry, { seq: index + 1 })),
  })),
  'erases nothing': faulty(sound => ({
    erase: async (_erasure, audit) => {
      await sound.commit({ at: 0, audit })
    },
  })),
  'erases without a word': faulty(sound => ({
    erase: (erasure, audit) => sound.erase(erasure, { ...audit, entries: [] }),
  })),
  'erases more than was named': faulty(sound => ({
    erase: ({ decisionId, fields }, audit) => sound.erase({ decisionId, fields: [...fields, 'user'] }, audit),
  })),
  'says that a switch was turned off where there was none': faulty(sound => ({
    deactivateKillSwitch: async (scope, audit) => {
      const found = await sound.deactivateKillSwitch(scope)
      if (audit !== undefined) await sound.commit({ at: 0, audit })
      return found
    },
  })),
  'forgets the tenant of a kill switch': faulty(sound => ({
    activateKillSwitch: ({ by, reason, at, tool }) =>
      sound.activateKillSwitch({ by, reason, at, ...(tool === undefined ? {} : { tool }) }),
  })),
  'forgets what others are to be told': faulty(sound => ({
    commit: ({ outbox: _outbox, ...commit }) => sound.commit(commit),
  })),
  'puts items into its outbox before it knows whether the commit can be made': faulty(sound => ({
    commit: async ({ outbox, ...commit }) => {
      if (outbox !== undefined) await sound.commit({ at: commit.at, outbox })
      return sound.commit(commit)
    },
  })),
  'drops an item whose id is there already': faulty(sound => {
    const ids = new Set<string>()
    return {
      commit: commit => {
        const { outbox = [] } = commit
        return sound.commit({ ...commit, outbox: outbox.filter(({ id }) => ids.size < ids.add(id).size) })
      },
    }
  }),
  'keeps a reference to an item': faulty(sound => {
    const kept = new Map<string, OutboxItem>()
    return {
      commit: commit => {
        for (const item of commit.outbox ?? []) kept.set(item.id, item)
        return sound.commit(commit)
      },
      claimOutbox: async claim =>
        (await sound.claimOutbox(claim)).map(({ id, attempts }) => {
          const { destination, kind, decisionId, body, at } = kept.get(id) as OutboxItem
          return { id, destination, kind, decisionId, body, at, attempts }
        }),
    }
  }),
  'hands out the newest items first': faulty(sound => ({
    claimOutbox: async claim => (await sound.claimOutbox(claim)).toReversed(),
  })),
  'hands out items in the order in which they are due': faulty(sound => {
    const dues = new Map<string, number>()
    return {
      settleOutbox: settlement => {
        for (const { id, due } of settlement.later ?? []) dues.set(id, due)
        return sound.settleOutbox(settlement)
      },
      claimOutbox: async claim => {
        const due = await sound.claimOutbox({ ...claim, limit: 1000 })
        const sorted = due.toSorted((a, b) => (dues.get(a.id) ?? a.at) - (dues.get(b.id) ?? b.at))
        const over = sorted.slice(Math.max(0, claim.limit))
        await sound.settleOutbox({ done: [], later: over.map(({ id }) => ({ id, due: claim.at })) })
        return sorted.slice(0, Math.max(0, claim.limit))
      },
    }
  }),
  'hands out items of any destination': faulty(sound => ({
    commit: commit =>
      sound.commit({
        ...commit,
        outbox: (commit.outbox ?? []).map(item => Object.assign({}, item, { destination: 'service' })),
      }),
  })),
  'hands out an item a millisecond early': faulty(sound => ({
    claimOutbox: claim => sound.claimOutbox({ ...claim, at: claim.at + 1 }),
  })),
  'hands out an item a millisecond late': faulty(sound => ({
    claimOutbox: claim => sound.claimOutbox({ ...claim, at: claim.at - 1 }),
  })),
  'hands out an item before its own time': faulty(sound => ({
    commit: commit =>
      sound.commit({ ...commit, outbox: (commit.outbox ?? []).map(item => Object.assign({}, item, { at: 0 })) }),
  })),
  'hands out what somebody else has claimed': faulty(sound => ({
    claimOutbox: claim => sound.claimOutbox({ ...claim, until: claim.at }),
  })),
  'never hands out again what was claimed': faulty(sound => ({
    claimOutbox: claim => sound.claimOutbox({ ...claim, until: Infinity }),
  })),
  'claims more than was asked for': faulty(sound => ({
    claimOutbox: async claim => (await sound.claimOutbox({ ...claim, limit: 1000 })).slice(0, Math.max(0, claim.limit)),
  })),
  'claims an item where none was asked for': faulty(sound => ({
    claimOutbox: claim => sound.claimOutbox({ ...claim, limit: Math.max(1, claim.limit) }),
  })),
  'claims any number of items': faulty(sound => ({
    claimOutbox: async claim => {
      const first = await sound.claimOutbox(claim)
      return claim.limit > first.length ? [...first, ...(await sound.claimOutbox(claim))] : first
    },
  })),
  'does not count how often an item was claimed': faulty(sound => ({
    claimOutbox: async claim => (await sound.claimOutbox(claim)).map(item => Object.assign({}, item, { attempts: 1 })),
  })),
  'looks for items and claims them in two steps': faulty(sound => ({
    claimOutbox: async claim => {
      const items = await sound.claimOutbox({ ...claim, until: claim.at })
      await Promise.resolve()
      await sound.settleOutbox({ done: [], later: items.map(({ id }) => ({ id, due: claim.until })) })
      return items
    },
  })),
  'keeps what was told': faulty(sound => ({
    settleOutbox: ({ later = [] }) => sound.settleOutbox({ done: [], later }),
  })),
  'postpones nothing': faulty(sound => ({ settleOutbox: ({ done }) => sound.settleOutbox({ done }) })),
  'refuses to settle what it does not have': faulty(sound => {
    const ids = new Set<string>()
    return {
      claimOutbox: async claim => {
        const items = await sound.claimOutbox(claim)
        for (const { id } of items) ids.add(id)
        return items
      },
      settleOutbox: settlement => {
        for (const id of settlement.done) if (!ids.has(id)) throw new Error(`There is no ${id}.`)
        return sound.settleOutbox(settlement)
      },
    }
  }),
  'counts only what nobody has claimed': faulty(sound => {
    const claimed = new Set<string>()
    return {
      claimOutbox: async claim => {
        const items = await sound.claimOutbox(claim)
        for (const { id } of items) claimed.add(id)
        return items
      },
      countOutbox: async destination => Math.max(0, (await sound.countOutbox(destination)) - claimed.size),
    }
  }),
  'counts the items of all destinations': faulty(sound => {
    const destinations = new Set<string>()
    return {
      commit: commit => {
        for (const { destination } of commit.outbox ?? []) destinations.add(destination)
        return sound.commit(commit)
      },
      countOutbox: async () => {
        const counts = await Promise.all([...destinations].map(async name => sound.countOutbox(name)))
        return counts.reduce((sum, count) => sum + count, 0)
      },
    }
  }),
  'still tells what was erased': faulty(sound => ({
    commit: commit =>
      sound.commit({
        ...commit,
        outbox: (commit.outbox ?? []).map(item => Object.assign({}, item, { decisionId: `${item.decisionId}!` })),
      }),
    claimOutbox: async claim =>
      (await sound.claimOutbox(claim)).map(item =>
        Object.assign({}, item, { decisionId: item.decisionId.slice(0, -1) }),
      ),
  })),
  'loses outcomes': faulty(sound => ({
    commit: ({ outcome: _outcome, ...commit }) => sound.commit(commit),
  })),
}

describe('testStore', () => {
  it('finds no fault in a sound store', async () => {
    expect(await failures(() => memoryStore())).toEqual([])
  })

  it.each(Object.entries(FAULTS))('finds a store that %s', async (_, create) => {
    expect(await failures(create)).not.toEqual([])
  })
})

describe('testStore with several processes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-'))
  let files = 0
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })

  /** What a case with several processes comes to for a store of `faulty-stores.mjs`. */
  async function check(factory: string, title: RegExp): Promise<void> {
    const module = new URL('faulty-stores.mjs', import.meta.url).href
    const args = (): readonly [string] => [join(directory, `${++files}.db`)]
    let run = (): Promise<void> => Promise.reject(new Error('there is no such case'))
    const test = (name: string, body: typeof run): void => {
      if (title.test(name)) run = body
    }
    testStore({ name: 'it', create: () => memoryStore(), test, durable: { module, factory, args } })
    await run()
  }

  it.each([
    ['acknowledges what it has not written', 'hasty', /when a writer is killed/],
    ['looks whether a key is free and takes it in two steps', 'racy', /claim each effect/],
    ['chains its log outside of the transaction', 'loose', /one unbroken log/],
    ['looks for items to be told and claims them in two steps', 'greedy', /each item of the outbox to one/],
    ['puts items into its outbox after it has acknowledged their commit', 'tardy', /acknowledged in the outbox/],
    ['never hands out again what was claimed', 'final', /hands out again what a process had claimed/],
  ])('finds a store that %s', async (_, factory, title) => {
    await check('sound', title)
    await expect(check(factory, title)).rejects.toThrow()
  })
})
