import type { Evaluation, Evaluator } from 'countersign'
import { type EvaluatorCase, type EvaluatorSubject, standInFor, testEvaluator } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { asEvaluation, inProcess } from '../support/in-process.js'

/** Titles of the cases that fail, and of those that are skipped. */
async function outcome(
  create: (evaluatorCase: EvaluatorCase) => EvaluatorSubject,
  remote = false,
): Promise<{ readonly failed: readonly string[]; readonly skipped: readonly string[]; readonly count: number }> {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = []
  const skipped: string[] = []
  const test = Object.assign((title: string, run: () => Promise<void>) => cases.push({ title, run }), {
    skip: (title: string) => skipped.push(title),
  })
  testEvaluator({ name: 'it', test, create, remote })
  const failed: string[] = []
  for (const { title, run } of cases) await run().catch(() => failed.push(title))
  return { failed, skipped, count: cases.length }
}

/** An evaluator in the process, with one fault. */
const faulty =
  (fault: (answer: any, evaluatorCase: EvaluatorCase) => unknown) =>
  (evaluatorCase: EvaluatorCase): EvaluatorSubject => ({
    start: late => {
      const sound = inProcess(evaluatorCase, late)
      const evaluate: Evaluator['evaluate'] = async (request, options) =>
        fault(await sound.evaluate(request, options), evaluatorCase) as Evaluation
      return { evaluator: { evaluate } }
    },
  })
const isRecord = (answer: unknown): boolean => typeof answer === 'object' && answer !== null && !Array.isArray(answer)
const KNOWN = new Set(['proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed'])

/** Wrong evaluators, and a case that each must fail. */
const FAULTS: Readonly<
  Record<string, readonly [create: (evaluatorCase: EvaluatorCase) => EvaluatorSubject, finds: RegExp]>
> = {
  'allows everything': [faulty(() => ({ allowed: true })), /"blocked"\} is blocked/],
  'blocks everything': [faulty(() => ({ allowed: false })), /^it: \{"allowed":true\} is allowed/],
  'takes an unknown recommendation for go on': [
    faulty(answer =>
      isRecord(answer) && typeof answer.recommendation === 'string' && !KNOWN.has(answer.recommendation)
        ? { ...answer, recommendation: 'proceed' }
        : answer,
    ),
    /"certainly"\} is requires_approval/,
  ],
  'looks words up in a plain object': [
    faulty(answer => {
      const word = answer?.enforcedVerdict
      const words: Record<string, unknown> = { allowed: 'allowed', proceed: 'proceed', blocked: 'blocked' }
      return typeof word === 'string' && word in words ? { ...answer, enforcedVerdict: 'allowed' } : answer
    }),
    /"toString"\} is blocked/,
  ],
  'does not care for case': [
    faulty(answer =>
      typeof answer?.enforcedVerdict === 'string'
        ? { ...answer, enforcedVerdict: answer.enforcedVerdict.toLowerCase() }
        : answer,
    ),
    /"ALLOWED"\} is blocked/,
  ],
  'forgets the mode of the answer': [
    faulty(answer => (isRecord(answer) ? { ...answer, enforcementMode: undefined } : answer)),
    /"enforcement_mode":"review".*enforced mode/,
  ],
  'is always advisory': [
    faulty(answer => (isRecord(answer) ? { ...answer, enforcementMode: 'advisory' } : answer)),
    /is requires_approval where the governor is in review mode/,
  ],
  'forgets that a person was asked for': [
    faulty(answer => (isRecord(answer) ? { ...answer, humanReview: undefined } : answer)),
    /"human_review":true\} is requires_approval/,
  ],
  'makes texts of nulls': [
    faulty(answer =>
      isRecord(answer)
        ? Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, value ?? 'null']))
        : answer,
    ),
    /"requires_approval":null/,
  ],
  'believes allowed though there is a verdict': [
    faulty(answer => (answer?.allowed === true ? { allowed: true } : answer)),
    /"allowed":true,"enforced_verdict":"allowed"\} is blocked/,
  ],
  'makes of allowed whatever is truthy': [
    faulty(answer => (answer?.allowed ? { ...answer, allowed: true } : answer)),
    /\{"allowed":"true"\} is blocked/,
  ],
  'believes an older result': [
    faulty(answer => (answer?.result === 'allowed' ? { ...answer, allowed: true } : answer)),
    /^it: \{"result":"allowed"\} is blocked/,
  ],
  'takes what is no answer for an empty one': [
    faulty(answer => (isRecord(answer) ? answer : {})),
    /^it: \[\], which is no answer .* is blocked/,
  ],
  'takes the first of a list': [
    faulty(answer => (Array.isArray(answer) ? (answer[0] ?? {}) : answer)),
    /^it: \[\{.*which is no answer/,
  ],
  'makes texts of words of other types': [
    faulty(answer =>
      Array.isArray(answer?.recommendation) ? { ...answer, recommendation: String(answer.recommendation) } : answer,
    ),
    /"recommendation":\["proceed"\]/,
  ],
  'makes an allow of an error': [
    evaluatorCase => ({
      start: late => ({
        evaluator: {
          evaluate: async (request, options) => {
            try {
              return await inProcess(evaluatorCase, late).evaluate(request, options)
            } catch {
              return { allowed: true }
            }
          },
        },
      }),
    }),
    /an error in enforced mode is blocked/,
  ],
  'does not wait for a late answer': [
    ({ answer, trouble }) => ({
      start: late => ({
        evaluator:
          trouble === 'late'
            ? { evaluate: () => asEvaluation(answer) }
            : inProcess({ answer, ...(trouble && { trouble }) } as EvaluatorCase, late),
      }),
    }),
    /an answer that is late in review mode is blocked/,
  ],
  'forgets how sure it is': [
    faulty(answer => (isRecord(answer) ? { ...answer, confidence: undefined } : answer)),
    /keeps recommendation, confidence and risk/,
  ],
  'invents a risk': [
    faulty(answer =>
      isRecord(answer) ? { ...answer, riskScore: Math.min(1, Number(answer.riskScore) || 0) } : answer,
    ),
    /leaves \{"risk_score":"high"/,
  ],
  'gives another answer the second time': [
    evaluatorCase => {
      let asked = 0
      return faulty(answer => (asked++ === 0 ? answer : { allowed: true }))(evaluatorCase)
    },
    /"do_not_proceed"\} is blocked/,
  ],
  'says allowed of nothing': [
    faulty(answer => (isRecord(answer) && Object.keys(answer).length === 0 ? { allowed: true } : answer)),
    /^it: \{\} is blocked/,
  ],
}

describe('testEvaluator', () => {
  it('finds no fault in a sound evaluator', async () => {
    const { failed, skipped, count } = await outcome(faulty(answer => answer))
    expect(failed).toEqual([])
    expect(count).toBeGreaterThan(300)
    expect(skipped.every(title => title.endsWith('(skipped: only a service answers on a wire)'))).toBe(true)
  })

  it.each(Object.entries(FAULTS))('finds an evaluator that %s', async (_, [create, finds]) => {
    const { failed } = await outcome(create)
    expect(failed.filter(title => finds.test(title))).not.toEqual([])
  })

  it('has a title for every case', async () => {
    const titles: string[] = []
    testEvaluator({ name: 'it', test: title => titles.push(title), create: () => ({ skip: 'because' }) })
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.every(title => /\(skipped: (because|only a service .*)\)$/.test(title))).toBe(true)
  })

  it('ends what it started, also where a case fails', async () => {
    let open = 0
    const { failed } = await outcome(() => ({
      start: () => {
        open++
        return { evaluator: { evaluate: () => ({ allowed: true }) }, dispose: () => open-- }
      },
    }))
    expect(failed).not.toEqual([])
    expect(open).toBe(0)
  })
})

describe('standInFor', () => {
  /** The smallest client there is: it keeps nothing of the service's answer. */
  const client =
    (create: (text: string) => unknown) =>
    (evaluatorCase: EvaluatorCase): EvaluatorSubject => ({
      start: async late => {
        const service = await standInFor(evaluatorCase, late)
        const headers = { 'x-api-key': 'agent-key', 'content-type': 'application/json' }
        const evaluate: Evaluator['evaluate'] = async ({ action }, { signal }) => {
          const body = JSON.stringify({ action })
          const response = await fetch(`${service.url}/actions/evaluate`, { method: 'POST', headers, body, signal })
          if (!response.ok) throw new Error(`status ${response.status}`)
          return asEvaluation(create(await response.text()))
        }
        return { evaluator: { evaluate }, dispose: () => service.close() }
      },
    })

  it('answers as each case has it', async () => {
    expect((await outcome(client(text => JSON.parse(text)))).failed).toEqual([])
  })

  it('finds a client that keeps nothing of what a service says', async () => {
    const { failed } = await outcome(
      client(text => JSON.parse(text)),
      true,
    )
    expect(failed).toContain('it: keeps fields that nobody knows')
    expect(failed).toContain('it: keeps the id of the request, for outcomes and approvals')
  })
})
