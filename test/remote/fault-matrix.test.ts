import type { FailMode, FailModeOption } from 'countersign'
import type { StandInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { inFakeTime, payCall, remoteWorld } from './support.js'

/** What a service does, and what that comes to. */
interface FaultRow {
  readonly title: string
  readonly cause: (service: StandInService) => unknown
  /** Whether an answer is had in the end; the stand-in answers `proceed`. */
  readonly answered: boolean
  /** Requests on the wire. */
  readonly requests: number
  /** Milliseconds until the decision. */
  readonly ms: number
  /** For what takes a while to arrive. */
  readonly rounds?: number
}

const ALWAYS = 100
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}) =>
  (service: StandInService) =>
    service.fault({ kind: 'status', status: code, headers }, ALWAYS)
const once =
  (code: number, headers: Readonly<Record<string, string>> = {}) =>
  (service: StandInService) =>
    service.fault({ kind: 'status', status: code, headers })
/** Three attempts, with 250 and 500 ms between them. */
const retried = { answered: false, requests: 3, ms: 750 }
const refused = { answered: false, requests: 1, ms: 0 }

const FAULTS: readonly FaultRow[] = [
  { title: 'nothing goes wrong', cause: () => undefined, answered: true, requests: 1, ms: 0 },
  { title: '503, always', cause: status(503), ...retried },
  { title: '500 once', cause: once(500), answered: true, requests: 2, ms: 250 },
  { title: '408 once', cause: once(408), answered: true, requests: 2, ms: 250 },
  { title: '409 once', cause: once(409), answered: true, requests: 2, ms: 250 },
  { title: '425 once', cause: once(425), answered: true, requests: 2, ms: 250 },
  { title: '429 once', cause: once(429), answered: true, requests: 2, ms: 250 },
  {
    title: '429 once, retry after 1 s',
    cause: once(429, { 'retry-after': '1' }),
    answered: true,
    requests: 2,
    ms: 1000,
  },
  {
    title: '503 once, retry after 1 s',
    cause: once(503, { 'retry-after': '1' }),
    answered: true,
    requests: 2,
    ms: 1000,
  },
  { title: '429, retry after longer than there is time', cause: once(429, { 'retry-after': '5' }), ...refused },
  {
    title: '429, retry after nonsense',
    cause: once(429, { 'retry-after': 'soon' }),
    answered: true,
    requests: 2,
    ms: 250,
  },
  { title: '400', cause: status(400), ...refused },
  { title: '401', cause: status(401), ...refused },
  { title: '403', cause: status(403), ...refused },
  { title: '404', cause: status(404), ...refused },
  { title: '422', cause: status(422), ...refused },
  { title: 'a redirect', cause: service => service.fault({ kind: 'redirect', to: '/elsewhere' }, ALWAYS), ...refused },
  {
    title: 'a reset before the request is read',
    cause: service => service.fault({ kind: 'reset', at: 'request' }, ALWAYS),
    ...retried,
  },
  {
    title: 'a reset before the answer',
    cause: service => service.fault({ kind: 'reset', at: 'answer' }, ALWAYS),
    ...retried,
  },
  {
    title: 'a reset in the headers',
    cause: service => service.fault({ kind: 'reset', at: 'headers' }, ALWAYS),
    ...retried,
  },
  { title: 'a reset in the body', cause: service => service.fault({ kind: 'reset', at: 'body' }, ALWAYS), ...retried },
  {
    title: 'a reset in the body, once',
    cause: service => service.fault({ kind: 'reset', at: 'body' }),
    answered: true,
    requests: 2,
    ms: 250,
  },
  {
    title: 'half an answer that says it is whole',
    cause: service => service.fault({ kind: 'truncated', length: 'right' }, ALWAYS),
    ...refused,
  },
  {
    title: 'half an answer',
    cause: service => service.fault({ kind: 'truncated', length: 'wrong' }, ALWAYS),
    ...retried,
  },
  { title: 'nobody listens', cause: service => service.down(), answered: false, requests: 0, ms: 750 },
  { title: 'garbage', cause: service => service.fault({ kind: 'garbage' }, ALWAYS), ...refused },
  { title: 'a page of HTML', cause: service => service.fault({ kind: 'html' }, ALWAYS), ...refused },
  { title: 'an empty answer', cause: service => service.fault({ kind: 'empty' }, ALWAYS), ...refused },
  {
    title: 'an answer that is too long',
    cause: service => service.fault({ kind: 'huge' }, ALWAYS),
    ...refused,
    rounds: 500,
  },
  { title: 'a list', cause: service => service.answer([]), ...refused },
  { title: 'a text', cause: service => service.answer('proceed'), ...refused },
  { title: 'null', cause: service => service.answer(null), ...refused },
  { title: 'true', cause: service => service.answer(true), ...refused },
  {
    title: 'a verdict that is no text',
    cause: service => service.answer({ enforced_verdict: true as never, enforcement_mode: 'enforced' }),
    ...refused,
  },
  {
    title: 'a mode nobody knows',
    cause: service => service.answer({ enforcement_mode: 'lenient', recommendation: 'proceed' }),
    ...refused,
  },
  {
    title: 'a recommendation nobody knows',
    cause: service => service.answer({ enforcement_mode: 'advisory', recommendation: 'sure' }),
    ...refused,
  },
  { title: 'no answer', cause: service => service.hold(), answered: false, requests: 1, ms: 2000 },
  {
    title: 'an answer byte by byte',
    cause: service => service.drip(undefined, 'body'),
    answered: false,
    requests: 1,
    ms: 2000,
  },
  {
    title: 'headers byte by byte',
    cause: service => service.drip(undefined, 'headers'),
    answered: false,
    requests: 1,
    ms: 2000,
  },
  {
    title: 'half a second',
    cause: service => service.fault({ kind: 'latency', ms: 500 }),
    answered: true,
    requests: 1,
    ms: 500,
  },
  { title: 'two answers', cause: service => service.fault({ kind: 'twice' }), answered: true, requests: 1, ms: 0 },
  {
    title: 'early hints',
    cause: service => service.fault({ kind: 'informational', count: 3 }),
    answered: true,
    requests: 1,
    ms: 0,
  },
]

const EFFECTS = {
  'a tool that only reads': { readOnly: true },
  'a tool with an effect': {},
  'a destructive tool': { destructive: true },
} as const

const MODES: readonly {
  readonly title: string
  readonly failMode: FailModeOption
  readonly of: Readonly<Record<keyof typeof EFFECTS, FailMode>>
}[] = [
  {
    title: 'closed',
    failMode: 'closed',
    of: { 'a tool that only reads': 'closed', 'a tool with an effect': 'closed', 'a destructive tool': 'closed' },
  },
  {
    title: 'open',
    failMode: 'open',
    of: { 'a tool that only reads': 'open', 'a tool with an effect': 'open', 'a destructive tool': 'open' },
  },
  {
    title: 'open for what only reads',
    failMode: { readOnly: 'open', default: 'closed' },
    of: { 'a tool that only reads': 'open', 'a tool with an effect': 'closed', 'a destructive tool': 'closed' },
  },
  {
    title: 'open for this tool',
    failMode: { tools: { pay: 'open' }, default: 'closed' },
    of: { 'a tool that only reads': 'open', 'a tool with an effect': 'open', 'a destructive tool': 'open' },
  },
]

const cases = FAULTS.flatMap(fault =>
  MODES.flatMap(mode =>
    Object.entries(EFFECTS).map(([effect, annotations]) => ({
      fault,
      mode,
      annotations,
      title: `${fault.title}; ${effect}; fail mode ${mode.title}`,
      fails: mode.of[effect as keyof typeof EFFECTS],
    })),
  ),
)

describe('a service that fails', () => {
  it.each(cases)('$title', async ({ fault, mode, annotations, fails }) => {
    const { service, governor, clock, close } = await remoteWorld({
      governor: { failMode: mode.failMode, tools: { pay: { annotations } } },
      remote: { circuitBreaker: false },
    })
    try {
      await fault.cause(service)
      const startedAt = clock.now()
      let runs = 0
      const execution = await inFakeTime(
        clock,
        governor.run(payCall(), () => ++runs),
        fault.rounds,
      )

      const isAllowed = fault.answered || fails === 'open'
      expect(execution.decision.result).toBe(isAllowed ? 'allowed' : 'blocked')
      expect(execution.status).toBe(isAllowed ? 'executed' : 'blocked')
      expect(runs).toBe(isAllowed ? 1 : 0)
      expect(execution.decision.failMode).toBe(fault.answered ? undefined : fails)
      expect(service.requests.length).toBe(fault.requests)
      expect(clock.now() - startedAt).toBe(fault.ms)
      // All of them are one question.
      expect(new Set(service.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(
        Math.min(1, fault.requests),
      )
      if (fault.answered) return
      const opening = fails === 'open' ? 'Evaluation bypassed (fail_open)' : 'Evaluation failed (fail_closed)'
      expect(execution.decision.reason.startsWith(opening)).toBe(true)
    } finally {
      await close()
    }
  })
})
