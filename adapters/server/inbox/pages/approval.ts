import type { Precedent, Vote } from 'countersign'
import { card, type Held } from './card.js'
import { each, html, type Html, NOTHING, when } from './html.js'
import { at, page, type Visit } from './layout.js'
import { named, percent, plainly, shown } from './shown.js'
import { instant } from './time.js'

/** What the page of one request shows. */
export interface ApprovalParts extends Held {
  readonly precedents: readonly Precedent[]
  /** Why the last answer was refused. */
  readonly problem?: string
  /** To whoever has a link: nothing that answers. */
  readonly readOnly?: boolean
}

/** One request. */
export function approvalPage(visit: Visit, parts: ApprovalParts): Html {
  const { approval, precedents, problem, readOnly = false } = parts
  const back = html`<p>
    <a href="${at(visit, readOnly ? `/approvals/${approval.id}` : '/')}"
      >${readOnly ? 'Sign in to answer' : 'All that waits'}</a
    >
  </p>`
  const body = html`${back}
  ${card(visit, parts, { alone: true, readOnly, ...(problem === undefined ? {} : { problem }) })}
  ${when(approval.votes.length > 0, () => votes(approval.votes))}
  ${when(precedents.length > 0 && !readOnly, () => similar(visit, precedents))}`
  return page(visit, { title: plainly(approval.call.name), body })
}

function votes(given: readonly Vote[]): Html {
  return html`<section class="card">
    <h2>Answers</h2>
    <ul>
      ${each(given, voteLine)}
    </ul>
  </section>`
}

function similar(visit: Visit, precedents: readonly Precedent[]): Html {
  const line = ({ id, isBad, similarity, reasons }: Precedent): Html =>
    html`<tr>
      <td><a href="${at(visit, `/decisions/${encodeURIComponent(id)}`)}">${named(id)}</a></td>
      <td>${isBad ? 'refused or regretted' : 'fine'}</td>
      <td>${percent(similarity)}</td>
      <td>
        ${named(
          reasons
            .slice(0, 3)
            .map(({ of }) => of)
            .join(', '),
        )}
      </td>
    </tr>`
  return html`<section class="card">
    <h2>Similar calls</h2>
    <div class="wide" tabindex="0" role="region" aria-label="Similar calls">
      <table>
        <thead>
          <tr>
            <th scope="col">Decision</th>
            <th scope="col">How it turned out</th>
            <th scope="col">Alike</th>
            <th scope="col">In</th>
          </tr>
        </thead>
        <tbody>
          ${each(precedents, line)}
        </tbody>
      </table>
    </div>
  </section>`
}

function voteLine({ by, resolution, at, channel, comment }: Vote): Html {
  return html`<li>
    ${instant(at)} <strong>${resolution}</strong> by ${named(by)}
    (${channel})${comment === undefined ? NOTHING : html`: ${shown(comment)}`}
  </li>`
}
