import { type Approval, type Decision, effectiveDigest, type Finding, type LimitUse, mayNotResolve } from 'countersign'
import { progressOf } from '../look/progress.js'
import { MOST_COUNTED, type Row, type Rows, rowsOf } from '../look/rows.js'
import { type Warning, warningsOf } from '../look/warnings.js'
import { each, html, type Html, NOTHING, when } from './html.js'
import { at, form, type Visit } from './layout.js'
import { counted, named, percent, plainly, shown } from './shown.js'
import { spanOf, timeLeft } from './time.js'

/** A request with the decision that held the call up. */
export interface Held {
  readonly approval: Approval
  readonly decision: Decision | undefined
  /** How the limits stand that the call counts for. */
  readonly limits?: readonly LimitUse[]
}

/** How a card is shown. */
export interface CardOptions {
  /** Without what answers: for readers who are not signed in. */
  readonly readOnly?: boolean
  /** Why the last answer was refused. */
  readonly problem?: string
  /** On a page of its own. */
  readonly alone?: boolean
}

const WARNINGS: Readonly<Record<Warning['kind'], string>> = {
  direction: 'Text that runs in another direction than it is read',
  invisible: 'Characters that cannot be seen',
  control: 'Control characters',
  space: 'Spaces that are not the usual ones',
  'look-alike': 'Letters that look like others',
  cut: 'Too long to be shown at once',
}

/** A request to a person, with everything to decide by. */
export function card(visit: Visit, { approval, decision, limits = [] }: Held, options: CardOptions = {}): Html {
  const { readOnly = false, alone = false, problem } = options
  const { id, call, revision } = approval
  const name = alone
    ? html`<h1 id="title-${id}">${named(call.name)}</h1>`
    : html`<h2 id="title-${id}"><a href="${at(visit, `/approvals/${id}`)}" data-open>${named(call.name)}</a></h2>`
  return html`<article
    class="card"
    aria-labelledby="title-${id}"
    tabindex="-1"
    data-card="${id}"
    data-version="${revision}"
  >
    <header>
      ${name} ${approval.value === undefined ? NOTHING : html`<p class="value">${counted(approval.value)}</p>`}
      ${approval.status === 'pending' ? timeLeft(visit, approval.expiresAt) : html`<p class="state">${approval.status}</p>`}
    </header>
    ${facts(approval, decision)}${problem === undefined ? NOTHING : html`<p class="problem" role="alert">${shown(problem)}</p>`}
    ${warnings(approval)}${reasons(approval, decision)}${inputTable(call.input)}${each(limits, limitLine)}${edit(approval)}${progress(approval)}
    ${readOnly || approval.status !== 'pending' ? NOTHING : answer(visit, approval)}
  </article>`
}

/** What is to be pointed out before anything else. */
export function warnings(approval: Approval): Html {
  const found = warningsOf(approval)
  if (found.length === 0) return NOTHING
  return html`<ul class="warnings" aria-label="Warnings">
    ${each(found, ({ kind, places }) => {
      const more = places.length > 4 ? ` and ${places.length - 4} more` : ''
      return html`<li>
        <strong>${WARNINGS[kind]}</strong>:
        ${each(places.slice(0, 4), (name, index) => html`${index > 0 ? ', ' : ''}${placeName(name)}`)}${more}
      </li>`
    })}
  </ul>`
}

function facts(
  { call, actor, domain, target, user, tenant, sessionId, at: asked }: Approval,
  decision?: Decision,
): Html {
  const action = decision?.action === call.name ? undefined : decision?.action
  const time = new Date(asked).toISOString()
  const when = html`<div>
    <dt>asked</dt>
    <dd><time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time></dd>
  </div>`
  const who = { actor, domain, user, session: sessionId, tenant }
  return factList({ for: target, action, ...who }, when)
}

/** Facts by name; those that are not known are left out. */
export function factList(known: Readonly<Record<string, string | undefined>>, more = NOTHING): Html {
  const said = Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return html`<dl class="facts">${each(said, factLine)}${more}</dl>`
}

/** Why it was held, and what is known of such calls. */
function reasons({ reason }: Approval, decision: Decision | undefined): Html {
  const { findings = [], learned } = decision ?? {}
  return html`<section class="why">
    ${
      findings.length === 0
        ? html`<p>${shown(reason)}</p>`
        : html`<ul aria-label="Why it is held">
            ${each(findings, findingLine)}
          </ul>`
    }
    ${learned?.precedents === undefined ? NOTHING : html`<p class="precedents">${named(learned.precedents)}</p>`}
    ${learned === undefined ? NOTHING : html`<p class="risk">Risk <strong>${percent(learned.risk)}</strong>, confidence ${learned.confidence}</p>`}
  </section>`
}

/** An input, value by value. */
function inputTable(input: unknown, caption = 'Input'): Html {
  return rowTable(rowsOf(input), caption)
}

/** Counting ends somewhere. */
function left(leftOut: number): string {
  return leftOut < MOST_COUNTED / 2 ? counted(leftOut) : 'Thousands of'
}

/** Values, each by where it stands. */
export function rowTable({ rows, leftOut }: Rows, caption: string): Html {
  return html`<table class="input">
      <caption>
        ${caption}
      </caption>
      <tbody>
        ${each(rows, rowLine)}
      </tbody>
    </table>
    ${when(leftOut > 0, () => html`<p class="cut">${left(leftOut)} more values are not shown here.</p>`)}`
}

function edit(approval: Approval): Html {
  if (!('edit' in approval) || approval.edit === undefined) return NOTHING
  const { tool, input } = approval.edit
  const other = tool === approval.call.name ? '' : ` (calls ${plainly(tool)} instead)`
  return html`<p class="note">Somebody has changed this call; who approves now approves the changed one.</p>
    ${inputTable(input, `Input as changed${other}`)}`
}

function progress(approval: Approval): Html {
  const { stage, stages, approved, quorum, approvers } = progressOf(approval)
  if (quorum === 1 && stages === 1 && approvers === undefined) return NOTHING
  const by =
    approved.length === 0
      ? NOTHING
      : html` (${each(approved, (name, at) => html`${at > 0 ? ', ' : ''}${named(name)}`)})`
  return html`<p class="progress">
    ${when(stages > 1, () => html`Stage ${stage} of ${stages} · `)}Approved by
    <strong>${Math.min(approved.length, quorum)} of ${quorum}</strong>${by}
    ${approvers === undefined ? NOTHING : html`<span>Asked: ${each(approvers, (name, at) => html`${at > 0 ? ', ' : ''}${named(name)}`)}</span>`}
  </p>`
}

/** What answers a request, or why this reader cannot. */
function answer(visit: Visit, approval: Approval): Html {
  const { name: by = '', credentials = [] } = visit.approver ?? {}
  const refusal = mayNotResolve(approval, { by, channel: 'api', credentials })
  if (refusal !== undefined) return html`<p class="note" data-refusal>You cannot answer this: ${shown(refusal)}.</p>`
  const { id, call } = approval
  return form(
    visit,
    `/approvals/${id}`,
    html`<input type="hidden" name="digest" value="${effectiveDigest(approval)}" />
      <label class="comment">Comment <textarea name="comment" rows="1" maxlength="4000" data-comment></textarea></label>
      <div class="buttons">
        <button name="resolution" value="approved" class="approve" data-approve>Approve</button>
        <button name="resolution" value="rejected" class="reject" data-reject>Reject</button>
        <a class="button" href="${at(visit, `/approvals/${id}/edit`)}" data-edit>Edit</a>
      </div>`,
    `Answer ${plainly(call.name)}`,
  )
}

function placeName(name: string): Html {
  return html`<code>${named(name)}</code>`
}

function factLine([name, value]: [string, string]): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${named(value)}</dd>
  </div>`
}

function findingLine({ rule, effect, reason }: Finding): Html {
  return html`<li>
    <span class="effect ${effect}">${effect.replaceAll('_', ' ')}</span> ${shown(reason)} <code>${named(rule)}</code>
  </li>`
}

function rowLine({ path, text, kind }: Row): Html {
  return html`<tr>
    <th scope="row">${path === '' ? 'the input' : named(path)}</th>
    <td class="${kind}">${shown(text)}</td>
  </tr>`
}

/** What of a limit is used up, in numbers and as a bar. */
function limitLine({ rule, used, adds, max, windowMs, effect }: LimitUse): Html {
  const isOver = used + adds > max
  const beyond = isOver ? html` <strong>It would go beyond: ${effect.replaceAll('_', ' ')}.</strong>` : NOTHING
  return html`<p class="limit">
    <code>${named(rule)}</code>
    <meter min="0" max="${max}" value="${Math.min(used, max)}" aria-label="Used of ${plainly(rule)}"></meter>
    ${counted(used)} of ${counted(max)} used within ${spanOf(windowMs)}; this call adds ${counted(adds)}.${beyond}
  </p>`
}
