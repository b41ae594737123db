import type { AutonomyReport, Grant } from 'countersign'
import { figureList } from './figures.js'
import { each, html, type Html, NOTHING, when } from './html.js'
import { form, page, type Visit } from './layout.js'
import { counted, named, percent, plainly, shown } from './shown.js'
import { instant } from './time.js'

/** What the page of autonomy shows. */
export interface AutonomyParts {
  readonly report: Readonly<Record<string, AutonomyReport>>
  /** Standing ones. */
  readonly grants: readonly Grant[]
  readonly problem?: string
}

/** What goes through unasked, and how to stop it. */
export function autonomyPage(visit: Visit, { report, grants, problem }: AutonomyParts): Html {
  const classes = Object.entries(report)
  const body = html`<h1>Autonomy</h1>
    <p class="hint">
      What goes through without a person being asked: because the error was proved to stay within its bound, or because
      somebody said “do not ask again”.
    </p>
    ${problem === undefined ? NOTHING : html`<p class="problem" role="alert">${shown(problem)}</p>`}
    ${classes.length === 0 ? html`<p class="empty">No rule lets anything through by what was learnt.</p>` : each(classes, entry => earned(visit, entry))}
    <h2>Standing grants</h2>
    ${grants.length === 0 ? html`<p class="empty">Nobody has said “do not ask again”.</p>` : each(grants, grant => given(visit, grant))}`
  return page(visit, { title: 'Autonomy', at: '/autonomy', body })
}

function earned(visit: Visit, [of, report]: [string, AutonomyReport]): Html {
  const { threshold, asked, saved, cases, bad, bound, revocations, vetoed } = report
  const state = vetoed
    ? 'forbidden by a person'
    : threshold === 0
      ? 'asks about everything'
      : `lets through up to a risk of ${percent(threshold)}`
  const figures = {
    asked: counted(asked),
    'let through': counted(saved),
    'known under the threshold': counted(cases),
    'bad of those': counted(bad),
    'bound on the error': percent(bound),
    'times revoked': counted(revocations),
  }
  const say = vetoed ? 'restore' : 'veto'
  const content = html`<input type="hidden" name="of" value="${of}" />
    <div class="buttons"><button name="say" value="${say}">${vetoed ? 'Allow it again' : 'Forbid it'}</button></div>`
  return html`<section class="card">
    <h2>${named(of)}</h2>
    <p><strong>${state}</strong></p>
    ${figureList(figures)} ${form(visit, '/autonomy', content, `Autonomy of ${plainly(of)}`)}
  </section>`
}

function given(
  visit: Visit,
  { id, tool, when: conditions, maxValue, by, expiresAt, uses, maxUses, tenant, actor }: Grant,
): Html {
  const content = html`<input type="hidden" name="grant" value="${id}" />
    <div class="buttons"><button name="say" value="revoke">Revoke</button></div>`
  return html`<section class="card">
    <h3>${named(tool)}</h3>
    <p>
      For ${named(actor)}${tenant === undefined ? NOTHING : html` of ${named(tenant)}`}, given by ${named(by)}, until
      ${instant(expiresAt)}; used ${counted(uses)} of ${counted(maxUses)} times.
    </p>
    ${when(Object.keys(conditions).length > 0, () => html`<p><code>${shown(JSON.stringify(conditions))}</code></p>`)}
    ${maxValue === undefined ? NOTHING : html`<p>Up to a value of ${counted(maxValue)}.</p>`}
    ${form(visit, '/autonomy', content, `Grant for ${plainly(tool)}`)}
  </section>`
}
