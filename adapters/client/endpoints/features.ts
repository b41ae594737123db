import type { Area } from '../endpoint.js'

const CASE = {
  caseId: 'string!',
  orgId: 'string!',
  caseData: 'data!',
  precedentData: 'data',
  advisoryData: 'data',
} as const

/** What a service measures of a case. */
export const features = {
  /** Measures one. */
  compute: { method: 'POST', path: '/features/compute', body: CASE },
  /** Measures up to 500. */
  computeBatch: {
    method: 'POST',
    path: '/features/compute/batch',
    body: { cases: { list: CASE, open: true, max: 500, required: true } },
  },
  /** Keeps what was measured. */
  snapshot: {
    method: 'POST',
    path: '/features/snapshot',
    body: { caseId: 'string!', tag: 'string' },
    once: true,
  },
  /** What was kept. */
  getSnapshot: { method: 'GET', path: '/features/snapshot/{snapshot_id}' },
  /** Everything that was kept. */
  listSnapshots: { method: 'GET', path: '/features/snapshots', query: { tag: 'string', caseId: 'string' } },
  /** Two snapshots, or two cases, side by side. */
  compare: {
    method: 'POST',
    path: '/features/compare',
    body: {
      snapshotIdA: 'string',
      snapshotIdB: 'string',
      caseIdA: 'string',
      caseIdB: 'string',
      changedOnly: 'boolean',
    },
    defaults: { changedOnly: true },
  },
  /** Where the features of a case come from. */
  explain: { method: 'GET', path: '/features/explain/{case_id}' },
  /** Where one of them comes from. */
  explainFeature: { method: 'GET', path: '/features/explain/{case_id}/{feature_key}' },
  /** The features of a case, flat. */
  export: { method: 'GET', path: '/features/export/{case_id}' },
  /** The features of up to 500 cases, flat. */
  exportBatch: {
    method: 'POST',
    path: '/features/export/batch',
    body: { caseIds: { list: 'string', max: 500, required: true } },
  },
  /** The features there are. */
  schema: { method: 'GET', path: '/features/schema' },
  /** How many were measured. */
  stats: { method: 'GET', path: '/features/stats' },
} as const satisfies Area
