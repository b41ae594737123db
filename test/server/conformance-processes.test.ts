import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EnforcementMode, remoteDecisions } from 'countersign'
import { type Arrangement, arrangementFor, testEvaluator } from 'countersign/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onPostgres } from '../stores/on-postgres.js'
import type { Place } from './place.js'
import { type ServiceProcess, startService } from './service-process.js'

const MODES: readonly EnforcementMode[] = ['enforced', 'review', 'advisory']
/** Each case has a tenant of its own, so that what is arranged for one is not there for another. */
const TENANTS = 400

/** The evaluator suite against services in processes of their own, one for each mode, that are told over the wire what holds. */
function conforms(name: string, place: () => Promise<Place>): void {
  const services = new Map<EnforcementMode, ServiceProcess>()
  let tenants = 0
  beforeAll(async () => {
    const at = await place()
    // One after the other: the first one makes the tables.
    for (const mode of MODES) {
      services.set(mode, await startService({ place: at, mode, tenants: TENANTS, policy: { rules: [] } }))
    }
  }, 60_000)
  afterAll(() => Promise.all([...services.values()].map(service => service.kill())))

  /** Rules and switches as people set them; where nobody has set any, a person is asked. */
  const arrange = async (service: ServiceProcess, tenant: number, { effect }: Arrangement): Promise<void> => {
    const key = { key: `approver-key-of-tenant-${tenant}` }
    const bounds = { name: 'all', domain: '*', max_value: 1e6, max_per_day: 1e6 }
    if (effect === 'allow') expect((await service.ask('POST /rules', bounds, key)).status).toBe(200)
    // The one refusal that holds in every mode.
    if (effect === 'deny')
      expect((await service.ask('POST /kill-switch/activate', { reason: 'no' }, key)).status).toBe(200)
  }

  testEvaluator({
    name,
    test: it,
    create: evaluatorCase => {
      const wanted = arrangementFor(evaluatorCase)
      if (wanted === undefined) return { skip: 'a server never answers this' }
      const tenant = tenants++
      return {
        start: async late => {
          const service = services.get(wanted.mode) as ServiceProcess
          const { trouble } = evaluatorCase
          await arrange(service, tenant, wanted)
          const evaluator = remoteDecisions({
            baseUrl: service.url,
            apiKey: trouble === 'error' ? 'wrong-key' : `agent-key-of-tenant-${tenant}`,
            outcomes: false,
            memory: false,
          })
          if (trouble === 'late') {
            service.signal('SIGSTOP')
            void late.then(() => service.signal('SIGCONT'))
          }
          return { evaluator, dispose: () => evaluator.close?.() }
        },
      }
    },
  })
}

describe('a governor that asks a decision service in another process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-conformance-'))
  conforms('on SQLite', () => Promise.resolve({ sqlite: join(folder, 'service.db') }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
})

await onPostgres('a governor that asks a decision service in another process', server => {
  conforms('on PostgreSQL', async () => ({
    postgres: server.url(await server.database(), 'owner'),
    schema: 'countersign',
  }))
})
