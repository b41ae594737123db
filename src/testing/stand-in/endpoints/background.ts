import { FEATURE_ROUTES, INGEST_ROUTES, LEARNING_ROUTES } from '../../../service/protocol/routes/background.js'
import { endpointsOf, type Exchange } from '../endpoint.js'

/** Simulations and what was learned: nothing was simulated here, and that is said in the service's form. */
export const learningEndpoints = endpointsOf(LEARNING_ROUTES, {
  'GET /simulations': { simulations: [], total: 0 },
  'GET /simulations/accuracy': { total: 0, accuracy: null },
  'GET /simulations/stats': { total: 0 },
  'GET /simulations/{id}': ({ params }) => ({ simulation_id: params['id'], status: 'none' }),
  'GET /simulations/by-request/{id}': ({ params }) => ({ request_id: params['id'], simulation: null }),
  'GET /simulations/by-request/{id}/compare': ({ params }) => ({
    request_id: params['id'],
    predicted_risk: null,
    actual_outcome: null,
    calibration_error: null,
    comparison: null,
  }),
  'GET /ops/learning/strategy': { strategy: 'balanced', strategy_version: 1 },
  'GET /ops/learning/runs': { runs: [] },
  'POST /ops/learning/recompute': queued,
  'POST /ops/learning/backfill': queued,
})

function queued({ world }: Exchange): unknown {
  const id = world.id('run')
  return { run_id: id, job_id: id, status: 'queued' }
}

/** Features of cases. */
export const featureEndpoints = endpointsOf(FEATURE_ROUTES, {
  'POST /features/compute': { features: {}, schema_version: 1 },
  'POST /features/compute/batch': { results: [], total: 0 },
  'POST /features/snapshot': ({ world }) => ({ snapshot_id: world.id('snap'), features: {} }),
  'POST /features/compare': { differences: [] },
  'POST /features/export/batch': { rows: [], total: 0 },
  'GET /features/snapshots': { snapshots: [] },
  'GET /features/schema': { version: 1, features: [] },
  'GET /features/stats': { total: 0 },
  'GET /features/snapshot/{id}': ({ params }) => ({ snapshot_id: params['id'], features: {} }),
  'GET /features/explain/{id}': ({ params }) => ({ case_id: params['id'], explanations: [] }),
  'GET /features/explain/{id}/{key}': ({ params }) => ({ case_id: params['id'], feature: params['key'] }),
  'GET /features/export/{id}': ({ params }) => ({ case_id: params['id'], row: {} }),
})

/** Events from elsewhere. */
export const ingestEndpoints = endpointsOf(INGEST_ROUTES, {
  'POST /ingest': ({ world }) => ({ accepted: true, event_id: world.id('ing') }),
  'POST /ingest/batch': ({ body }) => ({ accepted: (body['events'] as readonly unknown[]).length, rejected: 0 }),
  'POST /ingest/reconcile': { status: 'unmatched', reconciled: 0, request_ids: [] },
  'GET /ingest/lifecycles': { lifecycles: [] },
  'GET /ingest/lifecycle': { lifecycle: null },
  'GET /ingest/pending': { pending: [] },
  'GET /ingest/stale': { stale: [] },
  'GET /ingest/stats': { total: 0 },
  'GET /ingest/adapters': { adapters: ['generic_webhook'] },
})
