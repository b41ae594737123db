import type { DecisionService } from 'countersign/client'
import { Failure } from '../failure.js'
import type { Screen } from '../output/screen.js'
import { type Column, table } from '../output/table.js'
import { plain } from '../output/text.js'
import { asking, serviceAt } from '../target/service.js'
import { type Fields, list as objects, text, words } from '../target/service-fields.js'
import { type TargetOptions, targetOf } from '../target/target.js'
import type { Handler, Invocation } from '../tree/invocation.js'

/** Options of `keys …`. */
export interface KeyOptions extends TargetOptions {
  readonly role?: 'agent' | 'approver'
  readonly scope?: readonly string[]
  readonly expiresInDays?: number
  readonly all?: boolean
  readonly reason?: string
  readonly keepMade?: boolean
}

/** `keys create` */
export const create: Handler<KeyOptions> = async invocation => {
  const { expiresInDays } = invocation.options
  const made = await withService(invocation, async service => {
    const scopes = await scopesFor(service, invocation.options)
    return service.apiKeys.create({
      label: invocation.args[0] ?? 'default',
      ...(scopes === undefined ? {} : { scopes: [...scopes] }),
      ...(expiresInDays === undefined ? {} : { expiresInDays }),
    })
  })
  showNew(invocation.screen, made)
  return undefined
}

/** `keys list` */
export const list: Handler<KeyOptions> = async invocation => {
  const { screen, options } = invocation
  const answer = await withService(invocation, service =>
    service.apiKeys.list({ includeRevoked: options.all === true }),
  )
  const keys = objects(Array.isArray(answer) ? answer : (answer['keys'] ?? answer['apiKeys'])).map(withoutSecret)
  const time = (value: unknown): string => screen.time(text(value) ?? '')
  const columns: readonly Column<Fields>[] = [
    { title: 'ID', of: key => text(key['keyId']) ?? '' },
    { title: 'LABEL', of: key => text(key['label']) ?? '', flexible: true },
    { title: 'BEGINS', of: key => text(key['keyPrefix']) ?? '' },
    { title: 'MADE', of: key => time(key['createdAt']) },
    { title: 'EXPIRES', of: key => time(key['expiresAt']) },
    { title: 'REVOKED', of: key => time(key['revokedAt']) },
    { title: 'SCOPES', of: key => words(key['scopes']).join(' '), flexible: true },
  ]
  if (keys.length === 0) screen.note('No keys.')
  if (keys.length > 0 || screen.json) screen.result(keys, () => table(screen, columns, keys))
  return undefined
}

/** `keys revoke` */
export const revoke: Handler<KeyOptions> = async invocation => {
  const [id = ''] = invocation.args
  const { reason, keepMade } = invocation.options
  const answer = await withService(invocation, service =>
    service.apiKeys.delete(id, {
      ...(reason === undefined ? {} : { reason }),
      ...(keepMade === undefined ? {} : { keepMade }),
    }),
  )
  invocation.screen.result({ keyId: id, revoked: true, ...withoutSecret(answer) }, () => `Revoked ${plain(id)}.`)
  return undefined
}

/** `keys rotate` */
export const rotate: Handler<KeyOptions> = async invocation => {
  const [id = ''] = invocation.args
  showNew(invocation.screen, await withService(invocation, service => service.apiKeys.rotate(id)))
  return undefined
}

/** Asks the service that was named; for a database, one in this process. */
async function withService<T>(
  invocation: Invocation<KeyOptions>,
  ask: (service: DecisionService) => Promise<T>,
): Promise<T> {
  const target = targetOf(invocation)
  if ('url' in target) {
    const service = serviceAt(target.url, invocation.options)
    try {
      return await asking(target.url, () => ask(service))
    } finally {
      service.close()
    }
  }
  const { serviceOver } = await import('../target/in-process.js')
  const service = await serviceOver(target, invocation.options.auditKey)
  try {
    return await ask(service)
  } finally {
    await service.end()
  }
}

/** The one time a secret is shown. */
function showNew(screen: Screen, made: Fields): void {
  screen.result(made, () => text(made['key']) ?? '')
  if (!screen.json) {
    const id = plain(text(made['keyId']) ?? '')
    screen.note(`This is shown once. Its id is ${id}; \`countersign keys revoke ${id}\` makes it worthless.`)
  }
}

function withoutSecret({ key: _key, ...rest }: Fields): Fields {
  return rest
}

/** A key is an approver's by what it may do; which that is, the service says. */
async function scopesFor(
  service: DecisionService,
  { role, scope }: KeyOptions,
): Promise<readonly string[] | undefined> {
  if (scope !== undefined || role !== 'approver') return scope
  const scopes = words((await service.apiKeys.scopes())['approver'])
  if (scopes.length > 0) return scopes
  throw new Failure('the service does not say what an approver may.', 'Name what the key may do with --scope.')
}
