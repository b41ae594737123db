import { type Actor, LEASE_MS, TTL_MS } from './actor.js'
import {
  again,
  answers,
  approvedBefore,
  BIG,
  edit,
  EXPIRY,
  type Explored,
  found,
  IDEMPOTENT,
  interrupted,
  LEASE,
  no,
  once,
  OTHER,
  reconciles,
  runs,
  SMALL,
  THROWS,
  undoes,
  yes,
} from './programs.js'

/** What is explored: small programs in which two or three act at once, each around one promise. */
export const SCENARIOS: readonly Explored[] = [
  {
    title: 'two runs of an allowed call',
    ...once(runs('a', SMALL), runs('b', SMALL)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    after: again(SMALL),
  },
  {
    title: 'three runs of an allowed call',
    ...once(runs('a', SMALL), runs('b', SMALL), runs('c', SMALL)),
    happens: 1,
    after: again(SMALL),
  },
  {
    title: 'two runs of an approved call',
    setup: approvedBefore(BIG),
    ...once(runs('a', BIG), runs('b', BIG)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    after: again(BIG),
  },
  {
    title: 'three runs of an approved call',
    setup: approvedBefore(BIG),
    ...once(runs('a', BIG), runs('b', BIG), runs('c', BIG)),
    preemptions: 2,
    happens: 1,
    after: again(BIG),
  },
  {
    title: 'run ‖ approve ‖ run',
    ...once(runs('a', BIG, { waits: true }), runs('b', BIG), answers('grace', yes('grace'))),
    happens: 1,
    after: again(BIG),
  },
  {
    title: 'run ‖ approve ‖ expire',
    ...once(runs('a', BIG, { waits: true }), runs('b', BIG), answers('grace', yes('grace'))),
    jumps: [EXPIRY],
    preemptions: 1,
    after: again(BIG),
  },
  {
    title: 'an approved call ‖ its approval expires',
    setup: approvedBefore(BIG),
    ...once(runs('a', BIG), runs('b', BIG)),
    jumps: [EXPIRY],
    preemptions: 2,
    after: again(BIG),
  },
  {
    title: 'run ‖ approve ‖ reject',
    ...once(runs('a', BIG, { waits: true }), answers('grace', yes('grace')), answers('linus', no('linus'))),
    after: again(BIG),
  },
  {
    title: 'run ‖ approve ‖ the same answer again',
    ...once(runs('a', BIG, { waits: true }), answers('grace', yes('grace')), answers('webhook', yes('grace'))),
    after: again(BIG),
  },
  {
    title: 'run ‖ approve ‖ edit',
    ...once(runs('a', BIG, { waits: true }), answers('grace', yes('grace')), answers('linus', edit('linus'))),
    after: again(BIG),
  },
  {
    title: 'run ‖ an answer in the chat ‖ reject',
    setup: async actor => void (await actor.run(BIG)),
    ...once(
      {
        name: 'a',
        does: async actor => {
          actor.says('c1', 'approved', 'ada', BIG.input)
          await actor.run(BIG, { answer: { resolution: 'approved' } })
        },
      },
      runs('b', BIG),
      answers('linus', no('linus')),
    ),
    preemptions: 3,
    after: again(BIG),
  },
  {
    title: 'two of three must approve, and one of them edits',
    options: () => ({ approvals: { quorum: 2, ttlMs: TTL_MS } }),
    setup: async actor => void (await actor.run(BIG)),
    ...once(...['ada', 'grace', 'linus'].map(by => answers(by, by === 'grace' ? edit(by) : yes(by)))),
    after: again(BIG),
  },
  {
    title: 'two runs of an edited call that dies, and whose tool is idempotent',
    setup: approvedBefore(BIG, edit('grace')),
    ...once(runs('a', BIG, IDEMPOTENT), runs('b', BIG, IDEMPOTENT)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    starts: 3,
    retries: true,
    after: again(BIG),
  },
  {
    title: 'two runs of an edited call',
    setup: approvedBefore(BIG, edit('grace')),
    ...once(runs('a', BIG), runs('b', BIG)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    after: again(BIG),
  },
  {
    title: 'two runs of an idempotent tool',
    ...once(runs('a', SMALL, IDEMPOTENT), runs('b', SMALL, IDEMPOTENT)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    starts: 2,
    retries: true,
    after: again(SMALL),
  },
  {
    title: 'two runs of a tool that can be asked what became of it',
    ...once(reconciles('a', SMALL), reconciles('b', SMALL)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    starts: 2,
    effects: 1,
    retries: true,
    after: again(SMALL),
  },
  {
    title: 'an edited call that dies, and can be asked what became of it',
    setup: approvedBefore(BIG, edit('grace')),
    ...once(reconciles('a', BIG), reconciles('b', BIG)),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    starts: 2,
    effects: 1,
    retries: true,
    after: again(BIG),
  },
  {
    title: 'other arguments under the same call id, beside the approved ones',
    setup: approvedBefore(BIG),
    ...once(
      runs('a', BIG),
      runs('mallory', { ...BIG, input: { amount: 900 } }),
      runs('b', { ...BIG, input: { amount: 5 } }),
    ),
    after: again(BIG),
  },
  {
    title: 'use ‖ cancel: an edit that one process accepts and another does not',
    setup: approvedBefore(BIG, edit('grace')),
    ...once(runs('a', BIG), runs('b', BIG, { validate: () => ({ problem: 'no' }) })),
    crashes: 1,
    after: again(BIG),
  },
  {
    title: 'use ‖ cancel: the policy changes',
    ...once(
      runs('a', BIG, { waits: true }),
      answers('grace', yes('grace')),
      runs(
        'b',
        BIG,
        {},
        {},
        {
          options: {
            policy: {
              name: 'desk',
              rules: [{ id: 'all', tools: ['refund'], effect: 'require_approval', reason: 'all' }],
            },
          },
        },
      ),
    ),
    after: again(BIG),
  },
  {
    title: 'a grant of one use ‖ two calls',
    setup: async actor => {
      const first = { id: 'c0', name: 'refund', input: { amount: 300 } }
      await actor.run(first)
      await actor.resolve('c0', {
        resolution: 'approved',
        by: 'grace',
        grant: { when: { 'input.amount': { lte: 600 } }, maxValue: 600, expiresInMs: 60_000, maxUses: 1 },
      })
    },
    ...once(runs('a', BIG), runs('b', OTHER)),
    crashes: 1,
    cap: 1,
    after: again(BIG, OTHER),
  },
  {
    title: 'renewals ‖ a process that is slow',
    ...once(runs('a', SMALL), runs('b', SMALL)),
    jumps: [LEASE_MS / 3],
    preemptions: 2,
    happens: 1,
    after: again(SMALL),
  },
  {
    title: 'a process that is slower than its lease ‖ run',
    ...once(runs('a', SMALL), runs('b', SMALL)),
    jumps: [LEASE],
    preemptions: 2,
    after: again(SMALL),
  },
  {
    title: 'unknown ‖ a person finds out ‖ run',
    setup: async () => undefined,
    ...once(runs('a', SMALL), runs('b', SMALL), {
      name: 'grace',
      survives: true,
      when: ({ facts }) => [...facts.receipts.values()].some(({ status }) => status === 'unknown'),
      does: async actor => {
        const [receipt] = await actor.governor.receipts.list({ status: 'unknown' })
        if (receipt === undefined) return
        const { status } = found(actor, receipt.key)
        await actor.governor.receipts
          .settle(receipt.key, { status, by: 'grace', ...(status === 'succeeded' ? { output: { paid: 5 } } : {}) })
          .catch(() => undefined)
      },
    }),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    starts: 2,
    effects: 1,
    retries: true,
    after: again(SMALL),
  },
  {
    title: 'a limit of one ‖ two approved calls',
    options: () => ({
      policy: {
        name: 'capped',
        rules: [
          {
            id: 'big',
            tools: ['refund'],
            when: { 'input.amount': { gt: 100 } },
            effect: 'require_approval',
            reason: 'big',
          },
          {
            id: 'cap',
            tools: ['refund'],
            limit: { sum: 'value', per: 'actor', window: '24h', max: 500 },
            effect: 'deny',
            reason: 'cap',
          },
        ],
      },
    }),
    setup: async actor => {
      await approvedBefore(BIG)(actor)
      await approvedBefore(OTHER)(actor)
    },
    ...once(runs('a', BIG), runs('b', OTHER)),
    crashes: 1,
    cap: 1,
    after: again(BIG, OTHER),
  },
  {
    title: 'a tool that is interrupted ‖ run',
    ...once(interrupted('a', SMALL), runs('b', SMALL)),
    happens: 1,
    starts: 2,
    effects: 1,
    after: again(SMALL),
  },
  {
    title: 'a tool that throws ‖ run',
    ...once(runs('a', SMALL, {}, THROWS), runs('b', SMALL, {}, THROWS)),
    crashes: 1,
    after: again(SMALL),
  },
  {
    title: 'a store that is slow, and a governor that does not wait for it',
    options: () => ({ resilience: { deadlineMs: 1000 } }),
    ...once(runs('a', SMALL), runs('b', SMALL)),
    jumps: [1001],
    preemptions: 2,
    after: again(SMALL),
  },
  {
    title: 'a store that is slow, and an approved call',
    options: () => ({ resilience: { deadlineMs: 1000 } }),
    setup: approvedBefore(BIG),
    ...once(runs('a', BIG), runs('b', BIG)),
    jumps: [1001],
    preemptions: 2,
    after: again(BIG),
  },
  { title: 'who acts approves', ...once(runs('a', BIG), answers('agent', yes('AI_AGENT'))), after: again(BIG) },
  {
    title: 'two who undo the same session',
    options: undoes,
    setup: async actor => void (await actor.run(SMALL)),
    ...once(
      ...['a', 'b'].map(name => ({ name, does: async (actor: Actor) => void (await actor.governor.rollback('s')) })),
    ),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    after: async actor => {
      actor.world.clocks.advance(LEASE)
      await actor.governor.rollback('s')
    },
  },
  {
    title: 'an edited call that is interrupted ‖ run',
    setup: approvedBefore(BIG, edit('grace')),
    ...once(interrupted('a', BIG), runs('b', BIG)),
    happens: 1,
    starts: 2,
    effects: 1,
    after: again(BIG),
  },
  {
    title: 'prepared ‖ run',
    ...once(
      {
        name: 'a',
        does: async actor => {
          await actor.governor.prepare(SMALL, { sessionId: 's', user: 'ada' })
          await actor.run(SMALL)
        },
      },
      runs('b', SMALL),
    ),
    crashes: 1,
    jumps: [LEASE],
    jumpsAfterCrash: true,
    after: again(SMALL),
  },
]
