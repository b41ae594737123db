import { hash } from 'node:crypto'
import {
  type Approval,
  type AuditBatch,
  type Decision,
  GENESIS,
  type Grant,
  type Lesson,
  memoryStore,
  type OutboxItem,
  type Receipt,
  type Seal,
  sealedText,
  type Store,
} from 'countersign'
import { testStore } from 'countersign/testing'
import { describe, expect, it } from 'vitest'

const seal = (text: string): string => hash('sha256', text)
/** As a web runtime's. */
const slowSeal = async (text: string): Promise<string> => {
  await new Promise(setImmediate)
  return seal(text)
}

/** The log as `seq body`, once every entry of it but the first has proved to follow on the one before. */
async function logOf(store: Store): Promise<string[]> {
  const entries = await store.readAudit({ limit: 10_000 })
  for (const [index, { seq, previous, hash: sealed, body }] of entries.entries()) {
    const before = entries[index - 1]
    if (before !== undefined) expect({ seq, previous }).toEqual({ seq: before.seq + 1, previous: before.hash })
    expect(sealed).toBe(seal(sealedText(previous, seq, body)))
  }
  return entries.map(({ seq, body }) => `${seq} ${body}`)
}

const said = (sealing: Seal, ...bodies: readonly string[]): AuditBatch => ({
  seal: sealing,
  entries: bodies.map(body => ({ body })),
})

describe('the audit log of a memory store', () => {
  it('is appended to at once, though its seal answers later', async () => {
    const store = memoryStore()
    expect(store.commit({ at: 1, audit: said(slowSeal, 'a', 'b') })).toEqual({ committed: true })
    const reading = store.readAudit({})
    expect(store.commit({ at: 1, audit: said(slowSeal, 'c') })).toEqual({ committed: true })
    expect((await reading).map(({ body }) => body)).toEqual(['a', 'b'])
    expect(await logOf(store)).toEqual(['1 a', '2 b', '3 c'])
    expect((await store.readAudit({}))[0]?.previous).toBe(GENESIS)
  })

  it('is read at once where its seal answers at once', () => {
    const store = memoryStore()
    store.commit({ at: 1, audit: said(seal, 'a') })
    expect(store.readAudit({})).toMatchObject([{ seq: 1, body: 'a' }])
  })

  it('is sealed once for each entry, however many read at once', async () => {
    const store = memoryStore()
    let sealed = 0
    const counting = (text: string): Promise<string> => {
      sealed++
      return slowSeal(text)
    }
    await store.commit({ at: 1, audit: said(counting, 'a', 'b', 'c') })
    const logs = await Promise.all([logOf(store), logOf(store), logOf(store)])
    expect(logs).toEqual(Array.from({ length: 3 }, () => ['1 a', '2 b', '3 c']))
    expect(sealed).toBe(3)
  })

  it.each([
    ['at once', seal],
    ['later', slowSeal],
  ])('forgets its oldest entries, and goes on from them, where its seal answers %s', async (_, sealing) => {
    const store = memoryStore({ maxDecisions: 2 })
    for (let count = 1; count <= 60; count++) {
      await store.commit({ at: 1, audit: said(sealing, `fact ${count}`) })
      if (count % 7 === 0) await new Promise(setImmediate)
    }
    await logOf(store)
    await store.commit({ at: 1, audit: said(sealing, 'fact 61') })
    const log = await logOf(store)
    expect(log.at(-1)).toBe('61 fact 61')
    expect(log).toHaveLength(8)
  })

  it('tells whoever reads it that a seal failed, and can be read once it does not', async () => {
    const store = memoryStore({ maxDecisions: 1 })
    let fails = true
    const failing = (text: string): Promise<string> => (fails ? Promise.reject(new Error('no key')) : slowSeal(text))
    for (let count = 1; count <= 6; count++)
      expect(store.commit({ at: 1, audit: said(failing, `${count}`) })).toEqual({ committed: true })
    await expect(Promise.resolve(store.readAudit({}))).rejects.toThrow('no key')
    fails = false
    expect(await logOf(store)).toContain('6 6')
  })
})

describe('a memory store of two decisions', () => {
  const receipt = (fields: object): Receipt => ({
    key: 'k',
    revision: 1,
    fence: 1,
    decisionId: 'd',
    callId: 'c',
    tool: 't',
    digest: 'x',
    actor: 'a',
    at: 1,
    status: 'succeeded',
    startedAt: 1,
    endedAt: 1,
    output: { kind: 'json', value: 1 },
    ...fields,
  })
  const approval = (fields: object): Approval =>
    ({
      id: 'i',
      revision: 1,
      key: 'k',
      policyVersion: 'v',
      decisionId: 'd',
      call: { id: 'c', name: 't' },
      ...fields,
    }) as Approval
  const grant = (fields: object): Grant =>
    ({ id: 'g', revision: 1, tool: 't', actor: 'a', expiresAt: 9, maxUses: 1, uses: 1, ...fields }) as Grant

  it('forgets the oldest decisions', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    for (const id of ['1', '2', '3']) await store.commit({ at: 1, decision: { id, at: 1 } as Decision })
    expect((await store.listDecisions({})).map(({ id }) => id)).toEqual(['3', '2'])
  })

  it('forgets the receipts that ended first, and none that is open', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    await store.commit({ at: 1, receipt: receipt({ key: 'started', status: 'started' }) })
    await store.commit({ at: 1, receipt: receipt({ key: 'unknown', status: 'unknown' }) })
    for (const key of ['1', '2', '3']) await store.commit({ at: 1, receipt: receipt({ key }) })
    expect((await store.listReceipts({})).map(({ key }) => key)).toEqual(['3', '2', 'unknown', 'started'])
    expect(await store.commit({ at: 1, receipt: receipt({ key: '1' }) })).toEqual({ committed: true })
  })

  it('keeps a receipt that was begun anew since it ended', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    await store.commit({ at: 1, receipt: receipt({ key: '1', status: 'failed' }) })
    await store.commit({ at: 1, receipt: receipt({ key: '1', revision: 2, status: 'started' }) })
    for (const key of ['2', '3', '4']) await store.commit({ at: 1, receipt: receipt({ key }) })
    expect((await store.listReceipts({})).map(({ key }) => key)).toEqual(['4', '3', '1'])
  })

  it('forgets the approvals that ended first, and none that is open, and opens them anew', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    const open = ['pending', 'approved'].map(status => approval({ id: status, key: status, status }))
    const ended = ['rejected', 'expired', 'cancelled', 'consumed'].map(status =>
      approval({ id: status, key: status, status }),
    )
    for (const item of [...open, ...ended]) await store.commit({ at: 1, approval: item })
    expect((await store.listApprovals({})).map(({ id }) => id)).toEqual([
      'consumed',
      'cancelled',
      'approved',
      'pending',
    ])
    expect(await store.findApproval('rejected')).toBe(undefined)
    const again = approval({ id: 'again', key: 'rejected', status: 'pending' })
    expect(await store.commit({ at: 1, approval: again })).toEqual({ committed: true })
    expect(await store.findApproval('rejected')).toMatchObject({ id: 'again' })
  })

  it('keeps what else was asked under the key of an approval that it forgets', async () => {
    const store = memoryStore({ maxDecisions: 1 })
    await store.commit({ at: 1, approval: approval({ id: 'old', policyVersion: 'v1', status: 'rejected' }) })
    await store.commit({ at: 1, approval: approval({ id: 'new', policyVersion: 'v2', status: 'pending' }) })
    await store.commit({ at: 1, approval: approval({ id: 'other', key: 'other', status: 'rejected' }) })
    expect(await store.findApproval('k', 'v1')).toBe(undefined)
    expect(await store.findApproval('k')).toMatchObject({ id: 'new' })
  })

  it('drops the oldest items that are still to be told, whoever is to be told them', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    const item = (id: string, destination: string): OutboxItem => ({
      id,
      destination,
      kind: 'k',
      decisionId: 'd',
      body: '',
      at: 1,
    })
    const left = async (destination: string): Promise<string[]> =>
      (await store.claimOutbox({ destination, at: 1, until: 1, limit: 10 })).map(({ id }) => id)
    await store.commit({ at: 1, outbox: [item('1', 'a'), item('2', 'a')] })
    await store.settleOutbox({ done: ['2'] })
    await store.commit({ at: 1, outbox: [item('3', 'b')] })
    expect([await left('a'), await left('b')]).toEqual([['1'], ['3']])
    await store.commit({ at: 1, outbox: [item('4', 'a')] })
    expect([await left('a'), await left('b')]).toEqual([['4'], ['3']])
    await store.commit({ at: 1, outbox: [item('1', 'b'), item('5', 'b'), item('6', 'b')] })
    expect([await left('a'), await left('b')]).toEqual([[], ['5', '6']])
  })

  it('forgets the grants that were used up or revoked first, and no other', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    await store.commit({ at: 1, grant: grant({ id: 'live', uses: 0 }) })
    for (const id of ['1', '2']) await store.commit({ at: 1, grant: grant({ id }) })
    await store.commit({ at: 1, grant: grant({ id: '3', uses: 0, revoked: { by: 'ada', at: 1 } }) })
    expect((await store.listGrants({})).map(({ id }) => id)).toEqual(['3', '2', 'live'])
  })
})

describe('a memory store', () => {
  it('refuses what it does not know', () => {
    expect(() => memoryStore({ maxDecisons: 5 } as object)).toThrow('Did you mean "maxDecisions"?')
    for (const maxDecisions of [0, -1, 1.5, Number.NaN, '5' as unknown as number])
      expect(() => memoryStore({ maxDecisions })).toThrow('expected a whole number of 1 or more')
    expect(memoryStore({ maxDecisions: Infinity }).name).toBe('memory')
  })
})

describe('the outbox of a memory store', () => {
  it('hands out the oldest of what is left, after thousands were told', async () => {
    const store = memoryStore()
    const claim = { destination: 'a', at: 1, until: 2, limit: 100 }
    let told = 0
    for (let round = 0; round < 300; round++) {
      const outbox = Array.from({ length: 40 }, (_, index) => ({
        id: `${round}-${index}`,
        destination: index % 4 === 0 ? 'b' : 'a',
        kind: 'k',
        decisionId: `${round}`,
        body: '',
        at: 1,
      }))
      await store.commit({ at: 1, outbox })
      const done = (await store.claimOutbox(claim)).map(({ id }) => id)
      expect(done).toEqual(outbox.filter(({ destination }) => destination === 'a').map(({ id }) => id))
      await store.settleOutbox({ done })
      told += done.length
    }
    expect(told).toBe(9000)
    expect(await store.countOutbox('b')).toBe(3000)
    expect((await store.claimOutbox({ ...claim, destination: 'b', limit: 2 })).map(({ id }) => id)).toEqual([
      '0-0',
      '0-4',
    ])
  })
})

describe('the lessons of a memory store', () => {
  const lesson = (body: string, decisionId = 'd'): Lesson => ({ decisionId, kind: 'case', body, at: 1 })

  it('are twice as many as its decisions: the oldest are forgotten, and numbers go on', async () => {
    const store = memoryStore({ maxDecisions: 2 })
    const learnt = async (after: number, limit?: number): Promise<string> =>
      (await store.readLessons(limit === undefined ? { after } : { after, limit }))
        .map(({ seq, body }) => `${seq} ${body}`)
        .join(', ')
    await store.commit({ at: 1, lessons: ['a', 'b', 'c'].map(body => lesson(body)) })
    expect(await learnt(0)).toBe('1 a, 2 b, 3 c')
    await store.commit({ at: 1, lessons: ['d', 'e'].map(body => lesson(body)) })
    expect(await learnt(0)).toBe('2 b, 3 c, 4 d, 5 e')
    expect(await learnt(0, 2)).toBe('2 b, 3 c')
    expect(await learnt(3, 9)).toBe('4 d, 5 e')
    await store.commit({ at: 1, lessons: ['f', 'g', 'h', 'i', 'j', 'k'].map(body => lesson(body, body)) })
    expect(await learnt(4)).toBe('8 h, 9 i, 10 j, 11 k')
    await store.erase({ decisionId: 'j', fields: [] }, said(seal))
    expect(await learnt(9)).toBe('10 , 11 k')
    expect(await learnt(11)).toBe('')
    expect(await learnt(Number.NaN)).toBe('')
  })

  it('are all kept where there is no bound', async () => {
    const store = memoryStore({ maxDecisions: Infinity })
    for (let count = 0; count < 300; count++) await store.commit({ at: 1, lessons: [lesson('a'), lesson('b')] })
    expect(await store.readLessons({ after: 0 })).toHaveLength(600)
  })
})

describe('a commit to a memory store', () => {
  it('that cannot be copied stores nothing', async () => {
    const store = memoryStore()
    const unreadable = {
      toJSON: () => {
        throw new Error('no')
      },
    }
    const decision = { id: 'd', at: 1 } as Decision
    const outcome = { id: 'o', decisionId: 'd', status: 'SUCCESS', at: 1, details: { unreadable } }
    const spends = [{ key: 'w', windowMs: 10, amount: 1, max: 9 }]
    const lessons: Lesson[] = [{ decisionId: 'd', kind: 'case', body: 'never', at: 1 }]
    expect(() => store.commit({ at: 1, decision, outcome, spends, lessons, audit: said(seal, 'never') })).toThrow('no')
    expect(await store.readLessons({ after: 0 })).toEqual([])
    expect(await store.getDecision('d')).toBe(undefined)
    expect(await store.readWindows(spends, 1)).toEqual([0])
    expect(await store.readAudit({})).toEqual([])
  })
})

testStore({ name: 'memory whose log is sealed later', test: it, create: () => laterSealed(memoryStore()) })

/** As on a web runtime: hashes come as promises. */
function laterSealed(store: Store): Store {
  const later = (audit: AuditBatch | undefined): AuditBatch | undefined =>
    audit && { ...audit, seal: async text => audit.seal(text) }
  return {
    ...store,
    commit: ({ audit, ...commit }) => {
      const batch = later(audit)
      return store.commit(batch === undefined ? commit : { ...commit, audit: batch })
    },
    erase: (erasure, audit) => store.erase(erasure, later(audit) ?? audit),
    activateKillSwitch: (killSwitch, audit) => store.activateKillSwitch(killSwitch, later(audit)),
    deactivateKillSwitch: (scope, audit) => store.deactivateKillSwitch(scope, later(audit)),
  }
}
