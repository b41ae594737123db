import type { DecisionRecord, Outcome } from 'countersign'
import { each, html, type Html, NOTHING, when } from './html.js'
import { at, page, type Visit } from './layout.js'
import { counted, named, percent, plainly, shown } from './shown.js'
import { instant } from './time.js'

/** Which decisions are looked at. */
interface DecisionsWanted {
  readonly session?: string
  readonly tool?: string
  readonly result?: string
  /** Id of a decision; only older ones. */
  readonly before?: string
}

/** What the page of decisions shows. */
export interface DecisionsParts {
  readonly wanted: DecisionsWanted
  /** The newest first. */
  readonly decisions: readonly DecisionRecord[]
  /** There are older ones. */
  readonly hasMore: boolean
}

const RESULTS = ['allowed', 'blocked', 'requires_approval']

/** Decisions, those of one session together. */
export function decisionsPage(visit: Visit, { wanted, decisions, hasMore }: DecisionsParts): Html {
  const sessions = new Map<string | undefined, DecisionRecord[]>()
  for (const decision of decisions) {
    const known = sessions.get(decision.sessionId)
    if (known === undefined) sessions.set(decision.sessionId, [decision])
    else known.push(decision)
  }
  const older = new URLSearchParams({ ...wanted, before: decisions.at(-1)?.id ?? '' })
  const body = html`<h1>Decisions</h1>
    ${filter(visit, wanted)}
    ${when(decisions.length === 0, () => html`<p class="empty">Nothing was decided that fits.</p>`)}
    ${each([...sessions], ([session, list]) => timeline(visit, session, list))}
    ${when(hasMore, () => html`<p><a class="button" href="${at(visit, '/decisions')}?${older.toString()}">Older</a></p>`)}`
  return page(visit, { title: 'Decisions', at: '/decisions', body })
}

/** One decision, and what came of it. */
export function decisionPage(visit: Visit, decision: DecisionRecord): Html {
  const body = html`<p><a href="${at(visit, '/decisions')}">All decisions</a></p>
    <h1>${named(decision.tool)}</h1>
    <section class="card">
      <ol class="timeline">
        ${entry(visit, decision)}
      </ol>
    </section>`
  return page(visit, { title: plainly(decision.tool), body })
}

function filter(visit: Visit, { session = '', tool = '', result = '' }: DecisionsWanted): Html {
  const option = (value: string): Html =>
    html`<option value="${value}" ${value === result ? 'selected' : ''}>${value.replaceAll('_', ' ')}</option>`
  return html`<form
    class="filter"
    method="get"
    action="${at(visit, '/decisions')}"
    role="search"
    aria-label="Decisions"
  >
    <label>Session <input name="session" value="${session}" /></label>
    <label>Tool <input name="tool" value="${tool}" /></label>
    <label
      >Result
      <select name="result">
        <option value="">any</option>
        ${each(RESULTS, option)}
      </select></label
    >
    <button>Show</button>
  </form>`
}

function timeline(visit: Visit, session: string | undefined, decisions: readonly DecisionRecord[]): Html {
  const link = (id: string): Html =>
    html`<a href="${at(visit, '/decisions')}?${new URLSearchParams({ session: id }).toString()}">${named(id)}</a>`
  return html`<section class="card">
    <h2>${session === undefined ? 'No session' : html`Session ${link(session)}`}</h2>
    <ol class="timeline">
      ${each(decisions, decision => entry(visit, decision))}
    </ol>
  </section>`
}

function entry(visit: Visit, decision: DecisionRecord): Html {
  const {
    id,
    at: time,
    tool,
    target,
    value,
    result,
    execution,
    reason,
    learned,
    approvalId,
    dryRun,
    outcomes,
  } = decision
  return html`<li>
    ${instant(time)} <a href="${at(visit, `/decisions/${encodeURIComponent(id)}`)}">${named(tool)}</a>
    <span class="effect ${result}">${result.replaceAll('_', ' ')}</span>
    ${execution === undefined || execution.status === 'approval_required' ? NOTHING : html`<span class="effect">${execution.status.replaceAll('_', ' ')}</span>`}
    ${when(dryRun === true, () => html`<span class="effect">dry run</span>`)}
    ${value === undefined ? NOTHING : html`<span class="number">${counted(value)}</span>`}
    ${target === undefined ? NOTHING : html`for ${named(target)}`}
    ${learned === undefined ? NOTHING : html`· risk ${percent(learned.risk)}`}
    <p>${shown(reason)}</p>
    ${execution?.error === undefined ? NOTHING : html`<p class="problem">${shown(execution.error)}</p>`}
    ${approvalId === undefined ? NOTHING : html`<p><a href="${at(visit, `/approvals/${approvalId}`)}">What a person answered</a></p>`}
    ${when(
      outcomes.length > 0,
      () =>
        html`<ul>
          ${each(outcomes, outcomeLine)}
        </ul>`,
    )}
  </li>`
}

function outcomeLine({ status, description }: Outcome): Html {
  return html`<li>
    Outcome <strong>${named(status)}</strong>${description === undefined ? NOTHING : html`: ${shown(description)}`}
  </li>`
}
