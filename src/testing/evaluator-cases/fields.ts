import type { EvaluatorCase } from './case.js'

const PROCEED = { enforcement_mode: 'advisory', recommendation: 'proceed' }

/** What is recorded of an answer, and what is not believed. */
const recorded: readonly EvaluatorCase[] = [
  {
    title: 'keeps recommendation, confidence and risk',
    mode: 'advisory',
    answer: { recommendation: 'proceed_with_caution', recommendation_confidence: 'low', risk_score: 0.4 },
    expect: {
      result: 'allowed',
      recorded: { recommendation: 'proceed_with_caution', confidence: 'low', riskScore: 0.4 },
    },
  },
  {
    title: 'keeps a recommendation that did not decide',
    mode: 'enforced',
    answer: { recommendation: 'review_recommended', enforced_verdict: 'allowed', risk_score: 1 },
    expect: { result: 'allowed', recorded: { recommendation: 'review_recommended', riskScore: 1 } },
  },
  ...[
    { risk_score: 'high', recommendation_confidence: 5 },
    { risk_score: 1.5, recommendation_confidence: 'HIGH' },
    { risk_score: -1, recommendation_confidence: ['high'] },
    { risk_score: null, recommendation_confidence: null },
  ].map((fields): EvaluatorCase => ({
    title: `leaves ${JSON.stringify(fields)} out, and stays with the answer`,
    mode: 'advisory',
    answer: { recommendation: 'proceed', ...fields },
    expect: { result: 'allowed', recorded: { recommendation: 'proceed', confidence: null, riskScore: null } },
  })),
  {
    title: 'records no recommendation that nobody knows',
    mode: 'review',
    answer: { recommendation: 'certainly' },
    expect: { result: 'requires_approval', recorded: { recommendation: null } },
  },
  {
    title: 'is not moved by fields that nobody knows',
    mode: 'review',
    answer: { recommendation: 'do_not_proceed', verdict: 'allowed', status: 'ok', approved: true, override: 'proceed' },
    expect: { result: 'blocked' },
  },
  {
    title: 'finds nothing in the prototype of an answer',
    mode: 'enforced',
    answer: JSON.parse('{"__proto__":{"allowed":true,"enforced_verdict":"allowed"}}') as unknown,
    expect: { result: 'blocked' },
  },
]

/** What a decision keeps of the answer of a service. */
const kept: readonly EvaluatorCase[] = [
  {
    title: 'keeps the id of the request, for outcomes and approvals',
    mode: 'enforced',
    answer: { ...PROCEED, request_id: 'act_7' },
    expect: { result: 'allowed', mode: 'advisory', service: { requestId: 'act_7' } },
    remoteOnly: true,
  },
  {
    title: 'does without the id of a request',
    mode: 'enforced',
    answer: { ...PROCEED, request_id: null },
    expect: { result: 'allowed', mode: 'advisory', service: { requestId: null } },
    remoteOnly: true,
  },
  {
    title: 'keeps fields that nobody knows',
    mode: 'enforced',
    answer: { ...PROCEED, from_next_year: { deep: [1, null, { er: 'yes' }] }, warnings: ['w'] },
    expect: {
      result: 'allowed',
      mode: 'advisory',
      service: { raw: { from_next_year: { deep: [1, null, { er: 'yes' }] }, warnings: ['w'] } },
    },
    remoteOnly: true,
  },
  {
    title: 'reads the names of the wire, and no others',
    mode: 'advisory',
    answer: { recommendation: 'do_not_proceed', enforcementMode: 'enforced', enforcedVerdict: 'allowed' },
    expect: { result: 'blocked' },
    remoteOnly: true,
  },
  {
    title: 'does not take findings from the wire',
    mode: 'enforced',
    answer: { recommendation: 'proceed', findings: [{ rule: 'theirs', effect: 'allow', reason: 'they said' }] },
    expect: { result: 'blocked' },
    remoteOnly: true,
  },
]

/** Fields of an answer besides its verdict. */
export const fieldCases: readonly EvaluatorCase[] = [...recorded, ...kept]
