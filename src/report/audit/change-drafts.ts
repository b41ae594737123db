import { chain, sha256 } from '../../ambient.js'
import type { AuditDraft } from '../../audit-entry.js'
import { canonicalText } from '../../canonical.js'
import type { Awaitable } from '../../types.js'
import { FORMAT, writeDraft } from './commitments.js'

/** Something that decisions go by was changed: a rule, a key, a webhook. */
export interface SettingChange {
  /** What it is: `rule`, `api-key`, `webhook`. */
  readonly subject: string
  readonly id: string
  readonly tenant: string | undefined
  /** What was done to it: `created`, `paused`, `deleted`. */
  readonly step: string
  /** Counts from 1: the version that the change made. */
  readonly revision: number
  readonly by: string
  readonly reason?: string | undefined
  /** As it was, without secrets; absent of one that is new. The log holds its SHA-256 alone. */
  readonly before?: object | undefined
  /** As it is now, without secrets; absent of one that is gone. */
  readonly after?: object | undefined
}

/** A setting was changed, at `at`. */
export function auditChange(change: SettingChange, at: number): Awaitable<AuditDraft> {
  const { subject, id, tenant, step, revision, by, reason } = change
  return chain(hashOf(change.before), before =>
    chain(hashOf(change.after), after =>
      writeDraft({ v: FORMAT, kind: 'change', at, tenant, subject, id, step, revision, before, after }, { by, reason }),
    ),
  )
}

/** SHA-256 (hex) of the RFC 8785 text: who has the thing can show that it was this one. */
function hashOf(state: object | undefined): Awaitable<string | undefined> {
  return state && sha256(canonicalText(state))
}
