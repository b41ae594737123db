import { randomUUID } from 'node:crypto'
import {
  createGovernor,
  GovernanceError,
  type DocumentStore,
  type Governor,
  type GovernorOptions,
  systemClock,
} from 'countersign'
import type { Hono } from 'hono'
import { actionEndpoints } from './answers/actions.js'
import { apiKeyEndpoints } from './answers/api-keys.js'
import { approvalEndpoints } from './answers/approvals.js'
import { authEndpoints } from './answers/auth.js'
import { eventEndpoints } from './answers/events.js'
import { knowledgeEndpoints } from './answers/knowledge.js'
import { killSwitchEndpoints } from './answers/kill-switch.js'
import { memoryEndpoints } from './answers/memory.js'
import { outcomeEndpoints } from './answers/outcomes.js'
import { signedAnswerEndpoints } from './answers/signed-answers.js'
import { webhookEndpoints } from './answers/webhooks.js'
import { ruleEndpoints } from './answers/rules.js'
import { type InitialKey, initialKeys } from './auth/initial-keys.js'
import { GuardedKeys } from './auth/guarded-keys.js'
import { StoredKeys } from './auth/stored-keys.js'
import { ChangeLog } from './audit/changes.js'
import { SwitchLog } from './events/switch-log.js'
import type { Channel } from './channels/channel.js'
import { channelTargets } from './channels/targets.js'
import { startDeliveries, type WebhookOptions } from './deliveries/deliveries.js'
import { storedInput } from './deliveries/stored-input.js'
import { createApp } from './http/app.js'
import type { FailedRequest } from './http/failed-request.js'
import { Rates } from './http/rates.js'
import { createInbox } from './inbox/create-inbox.js'
import type { InboxOptions } from './inbox/options.js'
import { stopRuns } from './knowledge/learning-job.js'
import { logError } from './log.js'
import { LiveRules } from './rules/live-rules.js'
import { RuleStore } from './rules/rule-store.js'
import { Tallies } from './rules/usage.js'
import { PromptSigning } from './audit/prompt-signing.js'
import { History } from './past/history.js'
import { rememberingAll } from './past/remembering.js'
import { servicesOver } from './services.js'

/** Options of {@link createDecisionServer}: those of the governor that decides, and the server's own. */
export interface DecisionServerOptions extends Omit<GovernorOptions, 'decisions' | 'store'> {
  /** Where everything lives; several servers may share one. */
  readonly store: DocumentStore
  /** Credentials that are known from the start; others are made with `POST /api-keys`. */
  readonly keys?: readonly InitialKey[]
  /** Requests that one credential may make in a minute; beyond, they are refused with 429. @defaultValue 120_000 */
  readonly maxRequestsPerMinute?: number
  /**
   * Wrong keys that one address (of IPv6, one /64) may send in a minute; beyond, keys from there are refused with 429, but for those
   * that were good from there in the last hour. `Infinity`: not counted. @defaultValue 600
   */
  readonly maxWrongKeysPerMinute?: number
  /** The page at `/inbox`, where people answer what is held; `false` for none. @defaultValue they sign in with the key of an approver */
  readonly inbox?: false | Partial<Omit<InboxOptions, 'governor'>>
  /** Ways to people who are told of what is held: `slackChannel`, `emailChannel`, `webhookChannel`. @defaultValue none */
  readonly channels?: readonly Channel[]
  /** How events are told to webhooks. */
  readonly webhooks?: WebhookOptions
  /** Bytes of a request's body beyond which it is refused. @defaultValue 1_048_576 */
  readonly maxBodyBytes?: number
  /**
   * Hears of what went wrong inside, and for which request, if for one; nothing of it is told to clients.
   *
   * @defaultValue written to the console
   */
  readonly onError?: (error: unknown, request?: FailedRequest) => void
}

/** A decision service. */
export interface DecisionServer {
  /** To be mounted, or served by any runtime's HTTP server: `app.fetch`. */
  readonly app: Hono
  /** Decides; it sees all tenants. */
  readonly governor: Governor
  /** Makes, lists and ends the keys in the store: how the first one is made. */
  readonly keys: StoredKeys
  /** Ends what goes on in the background, and closes the store. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Words of outcomes that are always known. */
const STATUSES = ['SUCCESS', 'FAILURE', 'BLOCKED', 'FRAUD', 'CHURN']
const MEBIBYTE = 1024 * 1024

/**
 * A BIGHUB-compatible decision service over a store.
 *
 * @throws GovernanceError `invalid-option` or `invalid-policy`
 */
export function createDecisionServer(options: DecisionServerOptions): DecisionServer {
  const {
    keys = [],
    maxBodyBytes = MEBIBYTE,
    maxRequestsPerMinute = 120_000,
    maxWrongKeysPerMinute = 600,
    ...others
  } = options
  const { onError = logError, inbox = {}, channels = [], webhooks = {}, ...governing } = others
  const { store, clock = systemClock } = options
  checkStore(store)
  const [meanings, isAudited] = [options.outcomes ?? {}, options.audit !== false]
  const targets = channelTargets(channels, inbox)
  const isSigned = options.audit !== false && options.audit?.checkpoints !== undefined
  const signing = new PromptSigning({ sign: async () => governor.audit.checkpoint(), onError })
  const changes = new ChangeLog(options.audit, isSigned ? () => signing.soon() : undefined)
  const rules = new RuleStore({ store, clock, changes, changed: tenant => live.forget(tenant) })
  const live = new LiveRules({ base: options.policy, list: tenant => rules.list(tenant), clock })
  const governor = createGovernor({ ...governing, policy: live })
  const stored = new StoredKeys({ store, clock, changes, initial: initialKeys(keys), onError })
  const guarded = new GuardedKeys(stored, maxWrongKeysPerMinute, clock)
  const switches = new SwitchLog({ store, clock, governor, onError })
  const deliveries = startDeliveries({
    ...webhooks,
    store,
    clock,
    governor,
    channels: targets,
    isAudited,
    input: storedInput(options),
    onError,
  })
  const history = new History({ store, clock, meanings, isAudited })
  const serviceOf = servicesOver(governor, {
    store,
    changes,
    learns: options.learning !== undefined && options.learning !== false,
    outcomes: meanings,
    clock,
    history,
    statuses: [...new Set([...STATUSES, ...Object.keys(meanings)])],
    onError,
  })
  const app = createApp({
    endpoints: [
      actionEndpoints,
      outcomeEndpoints,
      memoryEndpoints,
      approvalEndpoints,
      signedAnswerEndpoints,
      killSwitchEndpoints(rules),
      knowledgeEndpoints,
      apiKeyEndpoints(stored, guarded),
      authEndpoints,
      eventEndpoints({ rules, switches }),
      ruleEndpoints({ rules, tallies: new Tallies({ store, clock }), announce: deliveries.announce }),
      webhookEndpoints(deliveries),
    ].flat(),
    keys: guarded,
    serviceOf,
    maxBodyBytes,
    rates: new Rates(maxRequestsPerMinute, clock),
    requestId: () => `req_${randomUUID()}`,
    onError,
  })
  const signIn = { keys: stored.forPeople() }
  if (inbox !== false) {
    const shown = rememberingAll(governor, { history, store, clock, meanings })
    app.route('/inbox', createInbox({ governor: shown, signIn, store, onError, clock, ...inbox }))
  }
  const close = async (): Promise<void> => {
    await Promise.all([deliveries.close(), switches.close(), stopRuns(store), signing.close()])
    await governor.close()
  }
  return { app, governor, keys: stored, close, [Symbol.asyncDispose]: close }
}

/** Rules and keys are documents: without them, nobody would know which rules hold. */
function checkStore(store: Partial<DocumentStore> | undefined): void {
  if (typeof store?.listDocuments === 'function' && typeof store.getDocument === 'function') return
  const expected = 'a store that keeps documents, such as memoryStore(), sqliteStore(path) or postgresStore(url)'
  throw new GovernanceError('invalid-option', `Option \`store\`: expected ${expected}.`)
}
