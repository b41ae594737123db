import type { AuditBatch, Awaitable, KillSwitch, KillSwitchScope } from 'countersign'
import { auditBatch } from './audit.js'
import type { Connection } from './connection.js'
import { encode } from './encode.js'
import { scopeKey } from './kill-switches.js'

/** Turns a kill switch on, together with what the audit log says of it. */
export function activate(
  { writer, killSwitches, audit }: Connection,
  killSwitch: KillSwitch,
  batch: AuditBatch | undefined,
): Awaitable<void> {
  const scope = scopeKey(killSwitch)
  const body = encode(killSwitch)
  const added = batch === undefined ? undefined : auditBatch(batch)
  return writer.transaction(() => {
    killSwitches.activate(scope, body)
    if (added !== undefined) audit.append(added)
  })
}

/** Turns a kill switch off; where there was one, together with what the audit log says of it. */
export function deactivate(
  { writer, killSwitches, audit }: Connection,
  scope: KillSwitchScope,
  batch: AuditBatch | undefined,
): Awaitable<boolean> {
  const key = scopeKey(scope)
  const added = batch === undefined ? undefined : auditBatch(batch)
  return writer.transaction(() => {
    const found = killSwitches.deactivate(key)
    if (found && added !== undefined) audit.append(added)
    return found
  })
}
