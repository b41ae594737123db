import { remoteDecisions, type Rule } from 'countersign'
import { type EvaluatorCase, type EvaluatorSubject, standInFor, testEvaluator } from 'countersign/testing'
import { it } from 'vitest'
import { inProcess } from '../support/in-process.js'

/** Words of an answer, and the rule that says the same in any mode that listens to them. */
const RULES: Readonly<Record<'enforced_verdict' | 'recommendation', Readonly<Record<string, Rule>>>> = {
  enforced_verdict: {
    allowed: { id: 'it', effect: 'allow' },
    proceed: { id: 'it', effect: 'allow' },
    requires_approval: { id: 'it', effect: 'require_approval' },
    blocked: { id: 'it', effect: 'deny' },
  },
  recommendation: {
    proceed: { id: 'it', effect: 'allow' },
    review_recommended: { id: 'it', effect: 'require_approval' },
    do_not_proceed: { id: 'it', effect: 'deny', hard: true },
  },
}

testEvaluator({
  name: 'an evaluator in the process',
  test: it,
  create: evaluatorCase => ({ start: late => ({ evaluator: inProcess(evaluatorCase, late) }) }),
})

testEvaluator({ name: 'the policy alone', test: it, create: policyFor })

testEvaluator({
  name: 'a decision service',
  test: it,
  remote: true,
  create: evaluatorCase => ({
    start: async late => {
      const service = await standInFor(evaluatorCase, late)
      const evaluator = remoteDecisions({ baseUrl: service.url, apiKey: 'agent-key' })
      return { evaluator, dispose: () => service.close() }
    },
  }),
})

/** The rules that say what a case's answer says, or why there are none. */
function policyFor({ answer, mode, trouble, policy, expect }: EvaluatorCase): EvaluatorSubject {
  if (trouble === 'late') return { skip: 'rules answer at once' }
  if (trouble === 'error' && policy !== undefined && expect.failed !== true)
    return { skip: 'every rule is asked, whatever another one says' }
  if (trouble === 'error') return { policy: [{ id: 'it', effect: 'allow', when: thrown }] }
  if (expect.failed === true) return { skip: 'rules are checked before they are asked' }
  const fields = answer as Readonly<Record<string, unknown>>
  if (fields['enforcement_mode'] !== undefined) return { skip: 'rules have no mode of their own' }
  if (fields['requires_approval'] === true || fields['human_review'] === true || fields['requires_approval'] === 'yes')
    return { skip: 'a rule that asks is held or not by the mode alone' }
  if (expect.recorded !== undefined) return { skip: 'rules know neither risk nor doubt' }
  const key = mode === 'enforced' ? 'enforced_verdict' : 'recommendation'
  const word = fields[key]
  const rule = typeof word === 'string' && Object.hasOwn(RULES[key], word) ? RULES[key][word] : undefined
  return rule === undefined ? { skip: 'rules have no word for it' } : { policy: [rule] }
}

function thrown(): boolean {
  throw new Error('a rule that fails')
}
