import { type Approval, effectiveDigest, mayNotResolve } from 'countersign'
import { type Batch, batchesOf } from '../look/batches.js'
import { warningsOf } from '../look/warnings.js'
import { card, factList, type Held, rowTable, warnings } from './card.js'
import { each, html, type Html, NOTHING, when } from './html.js'
import { at, form, page, type Visit } from './layout.js'
import { counted, named, plainly, shown } from './shown.js'
import { timeLeft } from './time.js'

/** What the inbox shows. */
export interface InboxParts {
  /** What waits, the most urgent first. */
  readonly held: readonly Held[]
  /** More wait than are shown. */
  readonly hasMore: boolean
  /** What was just answered. */
  readonly answered: readonly Held[]
}

/** Reasons of a batch that are told. */
const REASONS = 3

/** Everything that waits for a person. */
export function inboxPage(visit: Visit, { held, hasMore, answered }: InboxParts): Html {
  const byId = new Map(held.map(item => [item.approval.id, item]))
  const waiting = batchesOf(held.map(({ approval }) => approval))
  const title = held.length === 0 ? 'Nothing waits for you' : `${held.length}${hasMore ? ' and more' : ''} waiting`
  const body = html`<h1 data-count="${held.length}">${title}</h1>
    ${when(answered.length > 0, () => said(answered))}
    <div id="waiting">
      ${each(waiting, item => {
        if ('batch' in item) return together(visit, item.batch)
        const found = byId.get(item.approval.id)
        return found === undefined ? NOTHING : card(visit, found)
      })}
    </div>
    ${when(held.length === 0, empty)}
    ${when(hasMore, () => html`<p class="note">Older ones show up here as these are answered.</p>`)}
    <p class="hint">Press <kbd>?</kbd> for the keys.</p>`
  return page(visit, { title, at: '/', body, live: true })
}

function empty(): Html {
  return html`<p class="empty">Calls that need a person show up here by themselves, while they wait.</p>`
}

function said(answered: readonly Held[]): Html {
  return html`<ul class="said" role="status" data-answered>
    ${each(answered, answeredLine)}
  </ul>`
}

/** Requests that are much alike, with what differs between them. */
function together(visit: Visit, { approvals, same, different }: Batch): Html {
  const [first] = approvals
  if (first === undefined) return NOTHING
  const key = approvals.map(({ id }) => id).join('.')
  const version = approvals.map(({ revision }) => revision).join('.')
  const by = visit.approver?.name ?? ''
  const isOpen = approvals.every(approval => mayNotResolve(approval, { by, channel: 'api' }) === undefined)
  const total = approvals.reduce((sum, { value = Number.NaN }) => sum + value, 0)
  const content = html`${differences(visit, approvals, different, isOpen)}${when(isOpen, answers)}`
  return html`<article
    class="card"
    aria-labelledby="title-${first.id}"
    tabindex="-1"
    data-card="${key}"
    data-version="${version}"
  >
    <header>
      <h2 id="title-${first.id}">${approvals.length} calls of ${named(first.call.name)}</h2>
      ${when(!Number.isNaN(total), () => html`<p class="value">${counted(total)} in all</p>`)}
      ${timeLeft(visit, Math.min(...approvals.map(({ expiresAt }) => expiresAt)))}
    </header>
    ${factList(sharedFacts(approvals))}${whyHeld(approvals)}
    ${when(same.length > 0, () => rowTable({ rows: same, leftOut: 0 }, 'The same in all of them'))}
    ${isOpen ? form(visit, '/batch', content, `Answer ${approvals.length} calls of ${plainly(first.call.name)}`) : content}
    ${isOpen ? NOTHING : html`<p class="note">You cannot answer these.</p>`}
  </article>`
}

/** What of who and where is the same; of what is not, how many there are. */
function sharedFacts(approvals: Batch['approvals']): Readonly<Record<string, string | undefined>> {
  const of = (pick: (approval: Approval) => string | undefined): string | undefined => {
    const values = new Set(approvals.map(pick))
    return values.size === 1 ? [...values][0] : `${values.size} different ones`
  }
  return {
    actor: of(({ actor }) => actor),
    domain: of(({ domain }) => domain),
    user: of(({ user }) => user),
    session: of(({ sessionId }) => sessionId),
    tenant: of(({ tenant }) => tenant),
  }
}

function whyHeld(approvals: Batch['approvals']): Html {
  const reasons = [...new Set(approvals.map(({ reason }) => reason))]
  return html`<section class="why">
    ${each(reasons.slice(0, REASONS), reason => html`<p>${shown(reason)}</p>`)}
    ${when(reasons.length > REASONS, () => html`<p>and ${counted(reasons.length - REASONS)} more like these</p>`)}
  </section>`
}

function differences(
  visit: Visit,
  approvals: Batch['approvals'],
  different: Batch['different'],
  isOpen: boolean,
): Html {
  const line = (approval: (typeof approvals)[number], index: number): Html => {
    const { id, value, target, call } = approval
    const odd = warningsOf(approval).length > 0
    const box = html`<input
        type="checkbox"
        name="id"
        value="${id}"
        aria-label="Request ${index + 1}"
        ${odd ? '' : 'checked'}
      />
      <input type="hidden" name="digest-${id}" value="${effectiveDigest(approval)}" />`
    return html`<tr>
      <td>${isOpen ? box : NOTHING}</td>
      ${each(different, ({ values }) => html`<td>${shown(values[index]?.text ?? '')}</td>`)}
      <td>${value === undefined ? '' : counted(value)}</td>
      <td>${target === undefined ? '' : named(target)}${warnings(approval)}</td>
      <td>
        <a
          href="${at(visit, `/approvals/${id}`)}"
          aria-label="Open request ${index + 1} of ${plainly(call.name)}"
          data-open
          >Open</a
        >
      </td>
    </tr>`
  }
  return html`<div class="wide" tabindex="0" role="region" aria-label="Differences">
    <table class="differences">
      <caption>
        Differences
      </caption>
      <thead>
        <tr>
          <th scope="col">Answer</th>
          ${each(different, ({ path }) => html`<th scope="col">${named(path)}</th>`)}
          <th scope="col">Value</th>
          <th scope="col">For</th>
          <th scope="col">One by one</th>
        </tr>
      </thead>
      <tbody>
        ${each(approvals, line)}
      </tbody>
    </table>
  </div>`
}

function answers(): Html {
  return html`<label class="comment"
      >Comment <textarea name="comment" rows="1" maxlength="4000" data-comment></textarea>
    </label>
    <div class="buttons">
      <button name="resolution" value="approved" class="approve" data-approve>Approve selected</button>
      <button name="resolution" value="rejected" class="reject" data-reject>Reject selected</button>
    </div>`
}

function answeredLine({ approval }: Held): Html {
  const by = 'by' in approval ? html` by ${named(approval.by)}` : NOTHING
  // Whoever waits for the answer may have used it before this page is made: it is an approval all the same.
  const status = approval.status === 'consumed' ? 'approved' : approval.status
  const state = status === 'pending' ? 'counted; others are still to answer' : html`${status}${by}`
  return html`<li>${named(approval.call.name)}: ${state}</li>`
}
