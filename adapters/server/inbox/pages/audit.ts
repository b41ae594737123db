import type { Verification } from 'countersign'
import { html, type Html, NOTHING } from './html.js'
import { form, page, type Visit } from './layout.js'
import { counted, shown } from './shown.js'

/** What the page of the audit log shows. */
export interface AuditParts {
  readonly verification?: Verification
  readonly problem?: string
}

/** Checks the log. */
export function auditPage(visit: Visit, { verification, problem }: AuditParts): Html {
  const content = html`<div class="buttons"><button name="say" value="verify">Verify the log</button></div>`
  const body = html`<h1>Audit</h1>
    <p class="hint">Every decision, answer, effect and switch is in a hash-chained log. Verifying reads all of it.</p>
    ${problem === undefined ? NOTHING : html`<p class="problem" role="alert">${shown(problem)}</p>`}
    ${verification === undefined ? NOTHING : result(verification)} ${form(visit, '/audit', content)}`
  return page(visit, { title: 'Audit', at: '/audit', body })
}

function result(verification: Verification): Html {
  if (verification.ok) {
    const { entries, erased, checkpoints } = verification
    return html`<p class="good" role="status">
      The log is whole: ${counted(entries)} entries, ${counted(checkpoints)} checkpoints, ${counted(erased)} fields
      erased on record.
    </p>`
  }
  const { at, problem, message, entries } = verification
  return html`<p class="problem" role="alert">
    The log is broken at entry ${at.seq} (${problem}): ${shown(message)} ${counted(entries)} entries before it are in
    order.
  </p>`
}
