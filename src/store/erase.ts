import type { Grant } from '../approval.js'

/** What stands where a text was. */
const ERASED = '[erased]'
/** Fields of records that may say something of a person. No other can be erased: nothing would work without them. */
const PERSONAL: ReadonlySet<string> = new Set([
  'actualImpact',
  'by',
  'comment',
  'correctionDescription',
  'description',
  'details',
  'error',
  'input',
  'metadata',
  'output',
  'reason',
  'reportedBy',
  'tags',
  'target',
  'user',
  'value',
])

type Fields = Readonly<Record<string, unknown>>

/**
 * A copy of a decision, an execution, an outcome, an approval or a receipt without some of its personal fields: a text
 * becomes `[erased]`, what a receipt keeps of a tool's input or output becomes lost, anything else is removed. For stores.
 */
export function eraseFields<T extends object>(record: T, fields: readonly string[]): T {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) {
    const left =
      fields.includes(name) && PERSONAL.has(name) ? eraseValue(name, value) : eraseWithin(name, value, fields)
    if (left !== undefined) kept[name] = left
  }
  return kept as T
}

/**
 * A copy of a grant without some of its personal fields, for stores: the next revision, so that whoever is about to use it
 * would not write it back. Without its conditions or its user it would cover what nobody meant: it is used up then.
 */
export function eraseGrant(grant: Grant, fields: readonly string[]): Grant {
  const { revision, when, revoked, uses, user } = grant
  const losesWhen = fields.includes('when')
  const ends = losesWhen || (user !== undefined && fields.includes('user'))
  return {
    ...eraseFields(grant, fields),
    revision: revision + 1,
    when: losesWhen ? {} : when,
    ...(ends ? { maxUses: uses } : {}),
    ...(revoked === undefined ? {} : { revoked: eraseFields(revoked, fields) }),
  }
}

/**
 * The `personal` of an audit entry without some of its fields; nothing where nothing is left of it. For stores.
 *
 * @throws SyntaxError for what is not JSON
 */
export function erasePersonal(personal: string, fields: readonly string[]): string | undefined {
  // oxlint-disable-next-line no-restricted-properties -- written by this package
  const kept = Object.entries(JSON.parse(personal) as Fields).filter(([name]) => !fields.includes(name))
  return kept.length === 0 ? undefined : JSON.stringify(Object.fromEntries(kept))
}

function eraseValue(name: string, value: unknown): unknown {
  if (typeof value === 'string') return ERASED
  if (name === 'input' || name === 'output') return { kind: 'lost', reason: 'erased' }
  return name === 'error' ? { ...(value as Fields), message: ERASED } : undefined
}

/** The same field may stand further down: a reason with each finding, a comment with each vote, the input in the call. */
function eraseWithin(name: string, value: unknown, fields: readonly string[]): unknown {
  switch (name) {
    case 'findings':
    case 'votes':
      return (value as readonly object[]).map(item => eraseFields(item, fields))
    case 'call':
      return fields.includes('input') ? { ...(value as Fields), input: ERASED } : value
    case 'learned':
      return { ...(value as Fields), view: undefined, precedents: undefined }
    case 'service':
      // Nobody knows what a service put into its answer.
      return { ...(value as Fields), raw: undefined }
    case 'edit':
      if (fields.includes('input')) return { ...(value as Fields), input: ERASED, changes: [] }
      return fields.includes('changes') ? { ...(value as Fields), changes: [] } : value
    default:
      return value
  }
}
