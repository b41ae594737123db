import { randomUUID } from 'node:crypto'
import { createGovernor, type DocumentStore, type Governor, type GovernorOptions, systemClock } from 'countersign'
import type { Hono } from 'hono'
import { approvalEndpoints } from './answers/approvals.js'
import { knowledgeEndpoints } from './answers/knowledge.js'
import { type InitialKey, initialKeys } from './auth/initial-keys.js'
import { createApp } from './http/app.js'
import type { Service } from './service.js'

/** Options of {@link createDecisionServer}: those of the governor that decides, and the server's own. */
export interface DecisionServerOptions extends Omit<GovernorOptions, 'decisions' | 'store'> {
  /** Where everything lives; several servers may share one. */
  readonly store: DocumentStore
  /** Credentials that are known from the start; others are made with `POST /api-keys`. */
  readonly keys?: readonly InitialKey[]
  /** Bytes of a request's body beyond which it is refused. @defaultValue 1_048_576 */
  readonly maxBodyBytes?: number
  /** Hears of what went wrong inside; nothing of it is told to clients. @defaultValue written to the console */
  readonly onError?: (error: unknown) => void
}

/** A decision service. */
export interface DecisionServer {
  /** To be mounted, or served by any runtime's HTTP server: `app.fetch`. */
  readonly app: Hono
  /** Decides; it sees all tenants. */
  readonly governor: Governor
  /** Ends what goes on in the background, and closes the store. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const MEBIBYTE = 1024 * 1024

/**
 * A BIGHUB-compatible decision service over a store.
 *
 * @throws GovernanceError `invalid-option` or `invalid-policy`
 */
export function createDecisionServer(options: DecisionServerOptions): DecisionServer {
  const { keys = [], maxBodyBytes = MEBIBYTE, onError = log, ...governing } = options
  const governor = createGovernor(governing)
  const services = new Map<string | undefined, Service>()
  const serviceOf = (tenant: string | undefined): Service => {
    const known = services.get(tenant)
    if (known !== undefined) return known
    const service: Service = {
      governor: tenant === undefined ? governor : governor.session({ tenant }),
      store: options.store,
      tenant,
      clock: options.clock ?? systemClock,
      learns: options.learning !== undefined && options.learning !== false,
      outcomes: options.outcomes ?? {},
    }
    services.set(tenant, service)
    return service
  }
  const app = createApp({
    endpoints: [approvalEndpoints, knowledgeEndpoints].flat(),
    keys: initialKeys(keys),
    serviceOf,
    maxBodyBytes,
    requestId: () => `req_${randomUUID()}`,
    onError,
  })
  const close = (): Promise<void> => governor.close()
  return { app, governor, close, [Symbol.asyncDispose]: close }
}

function log(error: unknown): void {
  // oxlint-disable-next-line no-console -- a server that nobody listens to must not fail in silence
  console.error(error)
}
