import { memoryStore, type RecordResult, type Store } from 'countersign'
import { testStore } from 'countersign/testing'
import { describe, expect, it } from 'vitest'

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

const FAULTS: Readonly<Record<string, () => Store>> = {
  'keeps a reference instead of a copy': faulty(sound => {
    const kept = new Map<string, unknown>()
    return {
      recordDecision: entry => {
        kept.set(entry.decision.id, entry.decision)
        return sound.recordDecision(entry)
      },
      getDecision: async id => {
        const record = await sound.getDecision(id)
        return record && { ...record, ...(kept.get(id) as object) }
      },
    }
  }),
  'looks at a window and takes from it in two steps': faulty(sound => ({
    recordDecision: async entry => {
      const held = await sound.readWindows(entry.spends, entry.decision.at)
      const full = entry.spends.findIndex(({ amount, max }, index) => (held[index] ?? 0) + amount > max)
      await Promise.resolve()
      const exceeded = entry.spends[full]?.key
      if (exceeded !== undefined) return { stored: false, exceeded } satisfies RecordResult
      return sound.recordDecision({ ...entry, spends: entry.spends.map(spend => ({ ...spend, max: Infinity })) })
    },
  })),
  'lets an entry leave a millisecond late': faulty(sound => ({
    readWindows: (windows, at) => sound.readWindows(windows, at - 1),
  })),
  'stores a decision whose limit was exceeded': faulty(sound => ({
    recordDecision: async entry => {
      const result = await sound.recordDecision(entry)
      if (!result.stored) await sound.recordDecision({ ...entry, spends: [] })
      return result
    },
  })),
  'finds approvals of another tenant': faulty(sound => ({
    findApproval: async binding =>
      (await sound.findApproval(binding)) ?? sound.findApproval({ ...binding, tenant: 'acme' }),
  })),
  'lists oldest first': faulty(sound => ({
    listDecisions: async filter => (await sound.listDecisions(filter)).toReversed(),
  })),
  'forgets the tenant of a kill switch': faulty(sound => ({
    activateKillSwitch: ({ by, reason, at, tool }) =>
      sound.activateKillSwitch({ by, reason, at, ...(tool === undefined ? {} : { tool }) }),
  })),
  'loses outcomes': faulty(() => ({ recordOutcome: () => undefined })),
}

describe('testStore', () => {
  it('finds no fault in a sound store', async () => {
    expect(await failures(() => memoryStore())).toEqual([])
  })

  it.each(Object.entries(FAULTS))('finds a store that %s', async (_, create) => {
    expect(await failures(create)).not.toEqual([])
  })
})
