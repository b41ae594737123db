import type { KillSwitch } from 'countersign'
import { each, html, type Html, NOTHING } from './html.js'
import { form, page, type Visit } from './layout.js'
import { named, plainly, shown } from './shown.js'
import { instant } from './time.js'

/** What the page of the kill switch shows. */
export interface StopParts {
  readonly switches: readonly KillSwitch[]
  readonly problem?: string
}

/** Stops calls at once, and lets them through again. */
export function stopPage(visit: Visit, { switches, problem }: StopParts): Html {
  const content = html`<label class="field"><span>Reason</span><input name="reason" required maxlength="1000" /></label>
    <label class="field"><span>Tool (all tools when empty)</span><input name="tool" maxlength="256" /></label>
    <label class="field"><span>Domain (all domains when empty)</span><input name="domain" maxlength="256" /></label>
    <div class="buttons"><button name="say" value="activate" class="reject">Stop calls</button></div>`
  const body = html`<h1>Kill switch</h1>
    <p class="hint">
      Stops every call, or every call of one tool or domain, in every mode and every process, until it is switched off.
    </p>
    ${problem === undefined ? NOTHING : html`<p class="problem" role="alert">${shown(problem)}</p>`}
    ${switches.length === 0 ? html`<p class="empty">Nothing is stopped.</p>` : each(switches, item => on(visit, item))}
    <section class="card">
      <h2>Stop</h2>
      ${form(visit, '/stop', content, 'Stop calls')}
    </section>`
  return page(visit, { title: 'Kill switch', at: '/stop', body })
}

function on(visit: Visit, { tool, tenant, domain, rule, by, reason, at }: KillSwitch): Html {
  const own = visit.approver?.tenant
  const isOurs = own === undefined || own === tenant
  const content = html`${each(Object.entries({ tool, domain, rule, tenant }), ([name, value]) =>
      value === undefined ? NOTHING : html`<input type="hidden" name="${name}" value="${value}" />`,
    )}
    <div class="buttons"><button name="say" value="deactivate">Let calls through again</button></div>`
  const what = html`${tool === undefined ? html`All tools` : named(tool)}
  ${domain === undefined ? NOTHING : html` in domain ${named(domain)}`}
  ${rule === undefined ? NOTHING : html` that rule ${named(rule)} is about`}`
  const spoken = [tool ?? 'all tools', domain && `in ${domain}`, rule && `of rule ${rule}`].filter(Boolean).join(' ')
  const whose = tenant === undefined ? NOTHING : html` of ${named(tenant)}`
  return html`<section class="card stopped">
    <h2>${what}${whose}</h2>
    <p>Stopped by ${named(by)} at ${instant(at)}: ${shown(reason)}</p>
    ${isOurs ? form(visit, '/stop', content, `Switch off: ${plainly(spoken)}`) : html`<p class="note">It stops all tenants; only somebody who sees all of them can switch it off.</p>`}
  </section>`
}
