import type { Area } from '../endpoint.js'
import { dashboard } from './dashboard.js'
import { live } from './live.js'
import { memory } from './memory.js'
import { CALL } from './shared.js'

const AGENT = { actor: 'AI_AGENT' } as const
const EVALUATION = { ...CALL, dryRun: 'boolean', metadata: 'data' } as const

/** Decisions, and what belongs to them. */
export const actions = {
  /** Asks for a decision. It is recorded, unless `dryRun` says otherwise. `metadata` is merged into `context`, which goes before. */
  evaluate: {
    method: 'POST',
    path: '/actions/evaluate',
    body: EVALUATION,
    defaults: AGENT,
    idempotent: true,
    adjust: 'mergeMetadata',
    answer: 'object',
  },
  /** The same with fields of the service that are not listed here. */
  evaluatePayload: {
    method: 'POST',
    path: '/actions/evaluate',
    body: EVALUATION,
    open: true,
    defaults: AGENT,
    idempotent: true,
    adjust: 'mergeMetadata',
    answer: 'object',
  },
  /** What the decision would be; nothing is recorded. */
  dryRun: {
    method: 'POST',
    path: '/actions/evaluate',
    body: { ...CALL, metadata: 'data' },
    defaults: AGENT,
    fixed: { dry_run: true },
    idempotent: true,
    adjust: 'mergeMetadata',
    answer: 'object',
  },
  /** Asks for up to 100 decisions at once; they come back in the same order. */
  evaluateBatch: {
    method: 'POST',
    path: '/actions/evaluate/batch',
    body: {
      actions: { list: { ...CALL, dryRun: 'boolean', checkContracts: 'boolean' }, max: 100, required: true },
      actor: 'string',
      domain: 'string',
    },
    idempotent: true,
    answer: 'list',
  },
  /** Older services: asks for a decision. */
  submit: {
    method: 'POST',
    path: '/actions/submit',
    body: { ...CALL, metadata: 'data' },
    defaults: AGENT,
    idempotent: true,
    adjust: 'mergeMetadata',
    answer: 'object',
  },
  /** Older services: asks for a decision, with fields that are not listed here. */
  submitPayload: {
    method: 'POST',
    path: '/actions/submit/v2',
    body: EVALUATION,
    open: true,
    idempotent: true,
    adjust: 'mergeMetadata',
    answer: 'object',
  },
  /** Older services: what the decision would be. */
  submitDryRun: {
    method: 'POST',
    path: '/actions/submit/dry-run',
    body: EVALUATION,
    open: true,
    idempotent: true,
    adjust: 'mergeMetadata',
    answer: 'object',
  },
  /** Whether the service decides. */
  status: { method: 'GET', path: '/actions/status', answer: 'object' },
  /** How many calls were decided, and how. */
  observerStats: { method: 'GET', path: '/actions/observer/stats', answer: 'object' },
  dashboard,
  live,
  memory,
} as const satisfies Area
