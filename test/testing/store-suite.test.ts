import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Commit, type Lesson, memoryStore, type OutboxItem, type Snapshot, type Store } from 'countersign'
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

/** A memory store that does something to the lessons of a commit. */
const learning = (change: (lesson: Lesson) => Lesson): (() => Store) =>
  faulty(sound => ({
    commit: commit => sound.commit({ ...commit, lessons: (commit.lessons ?? []).map(change) }),
  }))

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
  'forgets what learners learn': faulty(sound => ({
    commit: ({ lessons: _lessons, ...commit }) => sound.commit(commit),
  })),
  'keeps lessons before it knows whether the commit can be made': faulty(sound => ({
    commit: async ({ lessons, ...commit }) => {
      if (lessons !== undefined) await sound.commit({ at: commit.at, lessons })
      return sound.commit(commit)
    },
  })),
  'drops the lessons of a commit that has anything else': faulty(sound => ({
    commit: ({ lessons, ...commit }) =>
      sound.commit(lessons === undefined || commit.decision !== undefined ? commit : { ...commit, lessons }),
  })),
  'drops lessons about a decision that is not there': faulty(sound => ({
    commit: async ({ lessons = [], ...commit }) => {
      const known = await Promise.all(lessons.map(async ({ decisionId }) => sound.getDecision(decisionId)))
      return sound.commit({ ...commit, lessons: lessons.filter((_, index) => known[index] !== undefined) })
    },
  })),
  'keeps a reference to a lesson': faulty(sound => {
    const kept: Lesson[] = []
    return {
      commit: async commit => {
        const result = await sound.commit(commit)
        if (result.committed) kept.push(...(commit.lessons ?? []))
        return result
      },
      readLessons: async range =>
        (await sound.readLessons(range)).map(lesson => {
          const { body } = kept[lesson.seq - 1] ?? lesson
          return Object.assign({}, lesson, { body: lesson.body === '' ? '' : body })
        }),
    }
  }),
  'keeps one of several lessons in a commit': faulty(sound => ({
    commit: commit => sound.commit({ ...commit, lessons: (commit.lessons ?? []).slice(0, 1) }),
  })),
  'turns the lessons of a commit around': faulty(sound => ({
    commit: commit => sound.commit({ ...commit, lessons: (commit.lessons ?? []).toReversed() }),
  })),
  'gives the newest lessons first': faulty(sound => ({
    readLessons: async range => (await sound.readLessons(range)).toReversed(),
  })),
  'gives lessons in the order of their times': faulty(sound => ({
    readLessons: async range => (await sound.readLessons(range)).toSorted((a, b) => a.at - b.at),
  })),
  'gives the last of the lessons, and not the next': faulty(sound => ({
    readLessons: async ({ after, limit = 1000 }) =>
      (await sound.readLessons({ after, limit: 10_000 })).slice(-Math.max(1, Math.min(10_000, Math.floor(limit)))),
  })),
  'gives the lesson again that was learnt last': faulty(sound => ({
    readLessons: range => sound.readLessons({ ...range, after: range.after - 1 }),
  })),
  'passes over a lesson': faulty(sound => ({
    readLessons: range => sound.readLessons({ ...range, after: range.after === 0 ? 0 : range.after + 1 }),
  })),
  'gives each lesson once and never again': faulty(sound => {
    let given = 0
    return {
      readLessons: async range => {
        const lessons = await sound.readLessons({ ...range, after: Math.max(given, range.after) })
        given = lessons.at(-1)?.seq ?? given
        return lessons
      },
    }
  }),
  'numbers what it gives anew': faulty(sound => ({
    readLessons: async range =>
      (await sound.readLessons(range)).map((lesson, index) => Object.assign({}, lesson, { seq: index + 1 })),
  })),
  'gives any number of lessons': faulty(sound => ({
    readLessons: async ({ after, limit = 1000 }) => {
      const first = await sound.readLessons({ after, limit })
      const rest = limit > 10_000 ? await sound.readLessons({ after: first.at(-1)?.seq ?? after, limit }) : []
      return [...first, ...rest]
    },
  })),
  'gives 100 lessons unless asked otherwise': faulty(sound => ({
    readLessons: ({ after, limit = 100 }) => sound.readLessons({ after, limit }),
  })),
  'gives no lessons where none are asked for': faulty(sound => ({
    readLessons: range => ((range.limit ?? 1) < 1 ? [] : sound.readLessons(range)),
  })),
  'forgets the tenant of a lesson': learning(({ tenant: _tenant, ...lesson }) => lesson),
  'makes up a tenant of a lesson': learning(lesson => ({ tenant: '', ...lesson })),
  'takes an empty tenant for none': learning(({ tenant, ...lesson }) => (tenant ? { tenant, ...lesson } : lesson)),
  'keeps whole milliseconds only': learning(lesson => ({ ...lesson, at: Math.floor(lesson.at) })),
  'cuts long lessons off': learning(lesson => ({ ...lesson, body: lesson.body.slice(0, 65_536) })),
  'still teaches what was erased': faulty(sound => ({
    commit: commit =>
      sound.commit({
        ...commit,
        lessons: (commit.lessons ?? []).map(item => Object.assign({}, item, { decisionId: `${item.decisionId}!` })),
      }),
    readLessons: async range =>
      (await sound.readLessons(range)).map(item =>
        Object.assign({}, item, { decisionId: item.decisionId.slice(0, -1) }),
      ),
  })),
  'empties all lessons': faulty(sound => {
    let isErased = false
    return {
      erase: (erasure, audit) => {
        isErased = true
        return sound.erase(erasure, audit)
      },
      readLessons: async range =>
        (await sound.readLessons(range)).map(lesson => (isErased ? Object.assign({}, lesson, { body: '' }) : lesson)),
    }
  }),
  'drops lessons that were erased': faulty(sound => ({
    readLessons: async range => (await sound.readLessons(range)).filter(({ body }) => body !== ''),
  })),
  'empties what is learnt after an erasure': faulty(sound => {
    const erased = new Set<string>()
    return {
      erase: (erasure, audit) => {
        erased.add(erasure.decisionId)
        return sound.erase(erasure, audit)
      },
      readLessons: async range =>
        (await sound.readLessons(range)).map(lesson =>
          erased.has(lesson.decisionId) ? Object.assign({}, lesson, { body: '' }) : lesson,
        ),
    }
  }),
  'keeps no snapshots': faulty(() => ({
    saveSnapshot: () => undefined,
  })),
  'keeps the first snapshot of a name': faulty(sound => ({
    saveSnapshot: async snapshot => {
      if ((await sound.loadSnapshot(snapshot.name)) === undefined) await sound.saveSnapshot(snapshot)
    },
  })),
  'keeps the newest snapshot, whatever had been learnt': faulty(() => {
    const kept = new Map<string, Snapshot>()
    return {
      saveSnapshot: ({ name, seq, bytes }) => {
        kept.set(name, { name, seq, bytes: new Uint8Array(bytes) })
      },
      loadSnapshot: name => structuredClone(kept.get(name)),
    }
  }),
  'keeps a snapshot only where more was learnt': faulty(sound => ({
    saveSnapshot: async snapshot => {
      const known = await sound.loadSnapshot(snapshot.name)
      if (known === undefined || known.seq < snapshot.seq) await sound.saveSnapshot(snapshot)
    },
  })),
  'compares a snapshot and keeps it in two steps': faulty(sound => {
    let saves = 0
    const place = new Map<string, string>()
    return {
      saveSnapshot: async snapshot => {
        const known = await sound.loadSnapshot(place.get(snapshot.name) ?? '')
        await Promise.resolve()
        if (known !== undefined && known.seq > snapshot.seq) return
        const name = `${snapshot.name} ${++saves}`
        await sound.saveSnapshot({ ...snapshot, name })
        place.set(snapshot.name, name)
      },
      loadSnapshot: async name => {
        const found = await sound.loadSnapshot(place.get(name) ?? '')
        return found && { ...found, name }
      },
    }
  }),
  'keeps one snapshot for all learners': faulty(sound => ({
    saveSnapshot: snapshot => sound.saveSnapshot({ ...snapshot, name: 'all' }),
    loadSnapshot: async name => {
      const found = await sound.loadSnapshot('all')
      return found && { ...found, name }
    },
  })),
  'finds snapshots by name in any case': faulty(sound => ({
    saveSnapshot: snapshot => sound.saveSnapshot({ ...snapshot, name: snapshot.name.toLowerCase() }),
    loadSnapshot: async name => {
      const found = await sound.loadSnapshot(name.toLowerCase())
      return found && { ...found, name }
    },
  })),
  'keeps the bytes of a snapshot as text': faulty(sound => ({
    saveSnapshot: snapshot =>
      sound.saveSnapshot({ ...snapshot, bytes: Buffer.from(Buffer.from(snapshot.bytes).toString()) }),
  })),
  'takes a snapshot of no bytes for none': faulty(sound => ({
    saveSnapshot: snapshot => (snapshot.bytes.length === 0 ? undefined : sound.saveSnapshot(snapshot)),
  })),
  'keeps all of which the bytes of a snapshot are a part': faulty(sound => ({
    saveSnapshot: snapshot => sound.saveSnapshot({ ...snapshot, bytes: new Uint8Array(snapshot.bytes.buffer) }),
  })),
  'cuts long snapshots off': faulty(sound => ({
    saveSnapshot: snapshot => sound.saveSnapshot({ ...snapshot, bytes: snapshot.bytes.subarray(0, 65_536) }),
  })),
  'keeps a reference to the bytes of a snapshot': faulty(sound => {
    const kept = new Map<string, Uint8Array>()
    return {
      saveSnapshot: async snapshot => {
        const known = await sound.loadSnapshot(snapshot.name)
        if (known === undefined || known.seq <= snapshot.seq) kept.set(snapshot.name, snapshot.bytes)
        return sound.saveSnapshot(snapshot)
      },
      loadSnapshot: async name => {
        const found = await sound.loadSnapshot(name)
        return found && { ...found, bytes: new Uint8Array(kept.get(name) ?? found.bytes) }
      },
    }
  }),
  'gives out the bytes of a snapshot that it keeps': faulty(sound => {
    const given = new Map<string, Record<'original' | 'bytes', Uint8Array>>()
    return {
      loadSnapshot: async name => {
        const found = await sound.loadSnapshot(name)
        if (found === undefined) return undefined
        const known = given.get(name)
        if (known === undefined || Buffer.compare(known.original, found.bytes) !== 0)
          given.set(name, { original: new Uint8Array(found.bytes), bytes: found.bytes })
        return { ...found, bytes: given.get(name)?.bytes ?? found.bytes }
      },
    }
  }),
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

describe('testStore with several processes', { timeout: 60_000 }, () => {
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
    ['numbers lessons and stores them in two steps', 'numbering', /to whoever learns on/],
    ['keeps lessons after it has acknowledged their commit', 'tardy', /all lessons it acknowledged/],
    ['keeps a snapshot after it has acknowledged it', 'tardy', /the whole snapshot/],
    ['never hands out again what was claimed', 'final', /hands out again what a process had claimed/],
  ])('finds a store that %s', async (_, factory, title) => {
    await check('sound', title)
    await expect(check(factory, title)).rejects.toThrow()
  })
})
