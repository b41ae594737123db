import { sha256 } from '../../ambient.js'
import type { AuditDraft } from '../../audit-entry.js'
import type { Awaitable } from '../../types.js'

/** What an entry keeps beside the sealed part, by name: each may be erased on its own. */
export const PERSONAL_FIELDS = [
  'user',
  'target',
  'value',
  'metadata',
  /** Of a decision, with those of its findings. */
  'reason',
  'input',
  'changes',
  'by',
  'comment',
  'error',
  /** Only its SHA-256 is kept: whoever has the output can show that it was this one. */
  'output',
  'description',
  'details',
  'reportedBy',
  'actualImpact',
  'correctionDescription',
  'tags',
  /** Conditions of a grant. */
  'when',
  /** Of an erasure. */
  'erasedBy',
  'erasureReason',
] as const

/** Name of a personal field. */
export type PersonalField = (typeof PERSONAL_FIELDS)[number]

/** Personal values by name; `undefined` is absent. */
export type Personal = Readonly<Partial<Record<PersonalField, unknown>>>

/** What of an entry is public, and sealed as it is. `undefined` is absent. */
export interface Facts {
  readonly v: typeof FORMAT
  readonly kind: string
  readonly at: number
  readonly decisionId?: string | undefined
  readonly tenant?: string | undefined
  readonly [fact: string]: unknown
}

/** Version of what a body looks like. */
export const FORMAT = 1

/** 132 random bits in base64url. */
const SALT_CHARS = 22
const POOL_SALTS = 372
const ALPHABET = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')

const ascii = new TextDecoder()
const bytes = new Uint8Array(SALT_CHARS * POOL_SALTS)
let pool = ''
let poolOffset = 0

/** Random text. Made in bulk: every call needs a few. */
function newSalt(): string {
  if (poolOffset === pool.length) {
    crypto.getRandomValues(bytes)
    for (let index = 0; index < bytes.length; index++) bytes[index] = ALPHABET[(bytes[index] ?? 0) & 63] ?? 0
    pool = ascii.decode(bytes)
    poolOffset = 0
  }
  poolOffset += SALT_CHARS
  return pool.slice(poolOffset - SALT_CHARS, poolOffset)
}

/**
 * An entry's text: the facts, with the SHA-256 (hex) of salt and JSON in place of each personal value, and beside it the
 * salts and values themselves. A promise only where hashing is one.
 */
export function writeDraft(facts: Facts, personal: Personal): Awaitable<AuditDraft> {
  let kept = ''
  let commits: Awaitable<string> = ''
  for (const name of Object.keys(personal) as PersonalField[]) {
    const value = personal[name]
    if (value === undefined) continue
    const json = jsonOf(value)
    const salt = newSalt()
    kept += `${kept === '' ? '{' : ','}"${name}":["${salt}",${json}]`
    commits = appended(commits, name, sha256(salt + json))
  }
  return typeof commits === 'string'
    ? finishDraft(facts, commits, kept)
    : commits.then(known => finishDraft(facts, known, kept))
}

function appended(commits: Awaitable<string>, name: string, hash: Awaitable<string>): Awaitable<string> {
  if (typeof commits !== 'string' || typeof hash !== 'string') {
    return Promise.all([commits, hash]).then(([before, known]) => appended(before, name, known))
  }
  return `${commits}${commits === '' ? '' : ','}"${name}":"${hash}"`
}

function finishDraft(facts: Facts, commits: string, kept: string): AuditDraft {
  const body = JSON.stringify(facts)
  const draft: { -readonly [KEY in keyof AuditDraft]: AuditDraft[KEY] } = {
    body: commits === '' ? body : `${body.slice(0, -1)},"commits":{${commits}}}`,
  }
  if (facts.decisionId !== undefined) draft.decisionId = facts.decisionId
  if (facts.tenant !== undefined) draft.tenant = facts.tenant
  if (kept !== '') draft.personal = `${kept}}`
  return draft
}

/** Total: what JSON cannot write must not keep a fact out of the log. */
export function jsonOf(value: unknown): string {
  try {
    const json: string | undefined = JSON.stringify(value)
    return json ?? 'null'
  } catch {
    return '"[unwritable]"'
  }
}
