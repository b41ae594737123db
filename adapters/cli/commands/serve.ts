import { existsSync } from 'node:fs'
import type { EnforcementMode } from 'countersign'
import { createDecisionServer, type DecisionServer } from 'countersign/server'
import { EXIT } from '../failure.js'
import type { Screen } from '../output/screen.js'
import { openStore } from '../target/open-store.js'
import { DEFAULT_POLICY } from '../target/store-desk.js'
import { type Database, databaseIn, shown, type TargetOptions, withoutSecret } from '../target/target.js'
import type { Handler } from '../tree/invocation.js'
import { listen, stopSignal } from './serve-http.js'
import { firstKeys, givenKeys, type MadeKeys } from './serve-keys.js'

/** Options of `serve`. */
export interface ServeOptions extends TargetOptions {
  readonly port: number
  readonly host: string
  readonly policy?: string
  readonly mode: EnforcementMode
  readonly learning?: boolean
}

/** `serve` */
export const handler: Handler<ServeOptions> = async invocation => {
  const { screen, options } = invocation
  const place = databaseIn(invocation)
  const { port, host, mode, learning = false, auditKey } = options
  const policy = options.policy ?? (existsSync(DEFAULT_POLICY) ? DEFAULT_POLICY : undefined)
  const { keys, warnings } = givenKeys(options, !isLoopback(host))
  const stop = stopSignal()
  const store = await openStore(place, { mayBegin: true, manyWrite: true })
  let server: DecisionServer | undefined
  try {
    server = createDecisionServer({
      store,
      mode,
      learning,
      keys,
      ...(policy === undefined ? {} : { policy }),
      ...(auditKey === undefined ? {} : { audit: { key: auditKey } }),
    })
    const made = await firstKeys(server, keys)
    const listening = await listen(server.app.fetch, host, port)
    try {
      announce(screen, {
        url: listening.url,
        place,
        policy,
        mode,
        made,
        inbox: listening.url + INBOX,
      })
      for (const warning of warnings) screen.note(warning)
      if (!isLoopback(host)) screen.note(OPEN_TO_OTHERS)
      await stop.wished
      screen.note('Stopping: what was begun is finished.')
    } finally {
      await listening.stop()
    }
  } finally {
    await (server ?? store).close()
  }
  return EXIT.ok
}

interface Announced {
  readonly url: string
  readonly inbox: string
  readonly place: Database
  readonly policy: string | undefined
  readonly mode: EnforcementMode
  readonly made: MadeKeys
}

function announce(screen: Screen, { url, inbox, place, policy, mode, made }: Announced): void {
  const at = { ...place, database: withoutSecret(place.database) }
  screen.result({ url, inbox, ...at, policy, mode, keys: made, pid: process.pid }, () =>
    [
      `Decision service: ${screen.style('bold', url)}`,
      `Inbox:            ${screen.style('bold', inbox)}`,
      `Database:         ${shown(place)}`,
      `Policy:           ${policy ?? 'none: every call is asked about. `countersign init` writes one'}${mode === 'enforced' ? '' : ` (${mode})`}`,
      ...(made.agent === undefined ? [] : [`Agent key:        ${made.agent}`]),
      ...(made.approver === undefined ? [] : [`Approver key:     ${made.approver}`]),
    ].join('\n'),
  )
  if (Object.keys(made).length > 0) screen.note(SHOWN_ONCE)
}

const INBOX = '/inbox'
const SHOWN_ONCE =
  'These keys are shown this once, and are kept in the database as digests. `countersign keys` makes, replaces and revokes others.'
const OPEN_TO_OTHERS =
  'Warning: others on the network can reach this service, and keys go over it unencrypted. Put TLS in front of it.'

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
