import { type Clock, GovernanceError, type Governor, type Store, systemClock } from 'countersign'
import { randomBytes } from 'node:crypto'
import { type InitialKey, initialKeys } from '../auth/initial-keys.js'
import { GuardedKeys } from '../auth/guarded-keys.js'
import type { Keys } from '../auth/principal.js'
import { logError } from '../log.js'
import { checkSecret } from './link.js'
import type { Authenticate } from './session/approver.js'
import type { SessionStore } from './session/sessions.js'

/** How people are known. */
export type SignIn =
  /** They sign in with the key of an approver. */
  | { readonly keys: Keys | readonly InitialKey[] }
  /** Somebody else has signed them in: a proxy, or your own OpenID Connect middleware. */
  | { readonly authenticate: Authenticate }

/** Options of {@link createInbox}. */
export interface InboxOptions {
  /** Whose calls are shown and answered. */
  readonly governor: Governor
  readonly signIn: SignIn
  /**
   * Signs the forms, and checks links (`signLink`): 32 characters or more. Processes that serve one inbox together need the
   * same. @defaultValue made once and kept in the `store`, else anew by each process; links are not shown then
   */
  readonly secret?: string
  /** The origin that browsers see, such as `https://approvals.example.com`, where a proxy changes the host. @defaultValue the host that was asked */
  readonly origin?: string
  /** The path that browsers see, where a proxy changes it. @defaultValue where the inbox is mounted */
  readonly path?: string
  /**
   * Tells of other processes at once, where it can (`watch`), and keeps who is signed in for all processes on it, where it keeps
   * documents. @defaultValue found out by looking; whoever has signed in is known by this process alone
   */
  readonly store?: Pick<Store, 'watch'> & Partial<SessionStore>
  /** Milliseconds between looks at what other processes do. @defaultValue 2000 */
  readonly pollMs?: number
  /** Milliseconds after which somebody has to sign in again. @defaultValue 43_200_000, twelve hours */
  readonly sessionMs?: number
  /** That of the governor. */
  readonly clock?: Clock
  /** Hears of what went wrong inside; nothing of it is shown. @defaultValue written to the console */
  readonly onError?: (error: unknown) => void
}

/** {@link InboxOptions} with every default filled in. */
export interface InboxSettings {
  readonly governor: Governor
  readonly keys: Keys | undefined
  /** The same, with what counts those that are wrong. */
  readonly guarded: GuardedKeys | undefined
  readonly authenticate: Authenticate | undefined
  readonly secret: string
  /** Links of nobody else could have been signed with the secret. */
  readonly showsLinks: boolean
  readonly origin: string | undefined
  readonly path: string | undefined
  readonly watch: Store['watch']
  /** Where sessions are kept; in this process when absent. */
  readonly sessionStore: SessionStore | undefined
  readonly pollMs: number
  readonly sessionMs: number
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const KNOWN = ['governor', 'signIn', 'secret', 'origin', 'path', 'store', 'pollMs', 'sessionMs', 'clock', 'onError']
/** Wrong keys that one address may sign in with in a minute. */
const WRONG_PER_MINUTE = 60
const HALF_A_DAY = 43_200_000

/** Checks options and fills in the defaults. @throws GovernanceError `invalid-option` */
export function inboxSettings(options: InboxOptions): InboxSettings {
  check(options)
  const { governor, signIn, secret, origin, path, store, pollMs = 2000, sessionMs = HALF_A_DAY } = options
  const clock = options.clock ?? systemClock
  const keys = 'keys' in signIn ? keysOf(signIn.keys) : undefined
  return {
    governor,
    keys,
    guarded: keys && new GuardedKeys(keys, WRONG_PER_MINUTE, clock),
    authenticate: 'authenticate' in signIn ? signIn.authenticate : undefined,
    secret: secret === undefined ? randomBytes(32).toString('base64url') : checkSecret(secret, 'secret'),
    showsLinks: secret !== undefined,
    origin,
    path,
    watch: store?.watch?.bind(store),
    sessionStore: keeps(store) ? store : undefined,
    pollMs,
    sessionMs,
    clock,
    onError: options.onError ?? logError,
  }
}

function check(options: InboxOptions): void {
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) throw invalid(key, `unknown option; known are ${KNOWN.join(', ')}`)
  }
  const { governor, signIn, origin, path, pollMs = 1, sessionMs = 1 } = options as Partial<InboxOptions>
  if (typeof governor?.approvals?.list !== 'function') throw invalid('governor', 'expected a governor')
  const isKeys = typeof signIn === 'object' && 'keys' in signIn
  const isHook = typeof signIn === 'object' && 'authenticate' in signIn && typeof signIn.authenticate === 'function'
  if (isKeys === isHook) throw invalid('signIn', 'expected either { keys } or { authenticate }')
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).origin !== origin)) {
    throw invalid('origin', 'expected an origin, such as "https://approvals.example.com"')
  }
  if (path !== undefined && !/^(?:\/[\w.~-]+)*$/.test(path)) throw invalid('path', 'expected a path, such as "/inbox"')
  for (const [name, value] of Object.entries({ pollMs, sessionMs })) {
    if (!(typeof value === 'number' && value > 0)) throw invalid(name, 'expected milliseconds above 0')
  }
}

function keeps(store: Partial<SessionStore> | undefined): store is SessionStore {
  return [store?.getDocument, store?.commit, store?.pruneDocuments].every(method => typeof method === 'function')
}

function keysOf(keys: Keys | readonly InitialKey[]): Keys {
  return 'find' in keys && !Array.isArray(keys) ? (keys as Keys) : initialKeys(keys as readonly InitialKey[])
}

function invalid(option: string, expected: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`${option}\` of the inbox: ${expected}.`)
}
