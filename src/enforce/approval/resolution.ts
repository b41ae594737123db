import { expect, knownKeys, oneOf } from '../../check.js'
import type { GrantOptions } from './grant.js'

/** A person's answer, from somebody this process trusts to know who it is. */
export interface Resolution {
  readonly resolution: 'approved' | 'rejected'
  /** Who answers: never the principal that acts. */
  readonly by: string
  /** Digest of the input that the person was shown: one that somebody has changed meanwhile is not approved unseen. */
  readonly digest?: string
  /** For the model, of a call that is rejected; for the record, of one that is approved. */
  readonly comment?: string
  /** Approves the call with another input. It is decided on like a new call. */
  readonly input?: unknown
  /** Approves a call of another tool instead, where the option `approvals.toolSwitches` allows it. */
  readonly tool?: string
  /** With it, calls like this one are not asked about again for a while. */
  readonly grant?: GrantOptions
  /** Ids of the credential that the answer comes with, and of those that it stems from: none of them may be {@link ApprovalRequest.askedBy}. */
  readonly credentials?: readonly string[]
  /** An answer that settles nothing, because somebody was faster, is refused also where it says the same. @defaultValue false: it was delivered twice */
  readonly once?: boolean
}

/** A person's answer as signed elsewhere, by `signResolution`. */
export interface SignedResolution {
  readonly token: string
}

/** What somebody in the conversation answered, as a framework reports it: a claim, worth what the core makes of it. */
export interface ChatAnswer {
  readonly resolution: 'approved' | 'rejected'
  readonly comment?: string | undefined
  /** Another input. */
  readonly input?: unknown
  /** Another tool. */
  readonly tool?: string | undefined
}

const KEYS = [
  'resolution',
  'by',
  'digest',
  'comment',
  'input',
  'tool',
  'grant',
  'credentials',
  'once',
] satisfies (keyof Resolution)[]

/**
 * Checks what a caller hands in.
 *
 * @throws GovernanceError `invalid-option`
 */
export function checkResolution(given: Resolution | SignedResolution): void {
  const place = 'resolve'
  expect(typeof given === 'object' && given !== null, place, '{ resolution, by }')
  if ('token' in given) {
    knownKeys(given, ['token'], place)
    return expect(typeof given.token === 'string', `${place}.token`, 'a text made by signResolution')
  }
  knownKeys(given, KEYS, place)
  oneOf(`${place}.resolution`, given.resolution, ['approved', 'rejected'])
  expect(typeof given.by === 'string' && given.by !== '', `${place}.by`, 'the name of who answers')
  expect(isText(given.digest), `${place}.digest`, 'a SHA-256 in hex')
  expect(isText(given.comment), `${place}.comment`, 'a text')
  expect(isText(given.tool), `${place}.tool`, "a tool's name")
  const { credentials = [], once = false } = given
  expect(Array.isArray(credentials) && credentials.every(isText), `${place}.credentials`, 'ids of credentials')
  expect(typeof once === 'boolean', `${place}.once`, 'true or false')
  const changes = given.input !== undefined || given.tool !== undefined || given.grant !== undefined
  expect(given.resolution === 'approved' || !changes, place, 'no `input`, `tool` or `grant` with a rejection')
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
