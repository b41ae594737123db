import { type Alternative, type Approval, type Change, effectiveDigest } from 'countersign'
import { type Edited, fieldName, fieldsOf } from '../look/edited.js'
import type { Row } from '../look/rows.js'
import { each, html, type Html, NOTHING } from './html.js'
import { at, form, page, type Visit } from './layout.js'
import { named, plainly, shown } from './shown.js'

/** What somebody is about to make of a call. */
export interface EditParts {
  readonly approval: Approval
  /** What was made of the input so far, and how it differs. */
  readonly edited?: Edited
  readonly changes?: readonly Change[]
  /** As it was typed, where it could not be read. */
  readonly text?: string
  readonly comment?: string
  /** Why the changed call was refused. */
  readonly problem?: string
  /** Forms of the call that would need nobody, the nearest first. */
  readonly alternatives?: readonly Alternative[]
}

/** Where a call is changed, and what the change would be is shown before it is sent. */
export function editPage(visit: Visit, parts: EditParts): Html {
  const { approval, edited, changes, problem } = parts
  const { id, call } = approval
  const proposed = 'edit' in approval && approval.edit !== undefined ? approval.edit.input : call.input
  const input = edited !== undefined && 'input' in edited ? edited.input : proposed
  const refused = edited !== undefined && 'problem' in edited ? edited : undefined
  const body = html`<p><a href="${at(visit, `/approvals/${id}`)}">The request as it is</a></p>
    <h1>Edit ${named(call.name)}</h1>
    <p class="hint">
      A changed call is a new call: the policy looks at it again, now and when it runs, and the model is told what was
      changed.
    </p>
    ${problem === undefined ? NOTHING : html`<p class="problem" role="alert">${shown(problem)}</p>`}
    ${changes === undefined ? NOTHING : preview(visit, parts, changes)}
    ${each(parts.alternatives ?? [], (found, index) => alternative(visit, approval, found, index + 1))}
    ${byField(visit, approval, input, refused)} ${asJson(visit, parts, input, refused)}`
  return page(visit, { title: `Edit ${plainly(call.name)}`, body })
}

function preview(visit: Visit, { approval, edited, comment = '' }: EditParts, changes: readonly Change[]): Html {
  if (changes.length === 0) return html`<p class="note" role="status">Nothing was changed.</p>`
  const input = edited !== undefined && 'input' in edited ? edited.input : undefined
  const content = html`<input type="hidden" name="digest" value="${effectiveDigest(approval)}" />
    <input type="hidden" name="json" value="${JSON.stringify(input) ?? 'null'}" />
    <label class="comment">Comment <textarea name="comment" rows="1" maxlength="4000">${comment}</textarea></label>
    <div class="buttons"><button name="step" value="approve" class="approve">Approve with these changes</button></div>`
  return html`<section class="card" aria-labelledby="changes">
    <h2 id="changes">What changes</h2>
    <table class="changes">
      <thead>
        <tr>
          <th scope="col">Value</th>
          <th scope="col">Proposed</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        ${each(changes, changeLine)}
      </tbody>
    </table>
    ${form(visit, `/approvals/${approval.id}/edit`, content)}
  </section>`
}

function byField(
  visit: Visit,
  approval: Approval,
  input: unknown,
  refused: { path: string; problem: string } | undefined,
): Html {
  const proposed = fieldsOf(approvedInput(approval))
  const rows = fieldsOf(input)
  if (proposed.length === 0 || rows.length !== proposed.length) return NOTHING
  const field = (row: Row, index: number): Html => {
    const wrong = refused !== undefined && refused.path === row.path
    const name = fieldName(index)
    const described = wrong ? html` aria-invalid="true" aria-describedby="wrong-${index}"` : NOTHING
    const control =
      /\n/.test(row.text) || row.text.length > 80
        ? html`<textarea name="${name}" rows="4" ${described}>${'\n'}${row.text}</textarea>`
        : html`<input
            name="${name}"
            value="${row.text}"
            ${described}
            ${row.kind === 'number' ? html`inputmode="decimal"` : NOTHING}
          />`
    return html`<label class="field"
      ><span>${named(row.path)}</span
      >${control}${wrong ? html`<span class="problem" id="wrong-${index}">${refused.problem}</span>` : NOTHING}</label
    >`
  }
  const content = html`<input type="hidden" name="digest" value="${effectiveDigest(approval)}" />
    ${each(rows, field)}
    <div class="buttons"><button name="step" value="preview">Show what changes</button></div>`
  return html`<section class="card">
    <h2>Values</h2>
    ${form(visit, `/approvals/${approval.id}/edit`, content)}
  </section>`
}

function asJson(
  visit: Visit,
  { approval, text }: EditParts,
  input: unknown,
  refused: { path: string; problem: string } | undefined,
): Html {
  const wrong = refused?.path === '' ? refused.problem : undefined
  const described = wrong === undefined ? NOTHING : html` aria-invalid="true" aria-describedby="wrong-json"`
  const content = html`<input type="hidden" name="digest" value="${effectiveDigest(approval)}" />
    <label class="field"
      ><span>Input</span
      ><textarea class="json" name="json" rows="10" spellcheck="false" ${described}>
${text ?? JSON.stringify(input, null, 2)}</textarea>
    </label>
    ${wrong === undefined ? NOTHING : html`<p class="problem" id="wrong-json">${wrong}</p>`}
    <div class="buttons"><button name="step" value="preview">Show what changes</button></div>`
  const hasFields = fieldsOf(approvedInput(approval)).length > 0 && text === undefined
  return html`<details class="card" ${hasFields ? '' : 'open'}>
    <summary>As JSON</summary>
    ${form(visit, `/approvals/${approval.id}/edit`, content)}
  </details>`
}

/** What an approval lets through as it stands. */
export function approvedInput(approval: Approval): unknown {
  return 'edit' in approval && approval.edit !== undefined ? approval.edit.input : approval.call.input
}

function sideOf(change: Change, name: 'from' | 'to'): Html {
  if (!(name in change)) return html`nothing`
  const value = change[name]
  return shown(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'))
}

function changeLine(change: Change): Html {
  return html`<tr>
    <th scope="row">${named(change.path === '' ? 'the input' : change.path)}</th>
    <td class="was">${sideOf(change, 'from')}</td>
    <td>${sideOf(change, 'to')}</td>
  </tr>`
}

/** A form of the call that would be allowed as things stand: shown as an edit when it is chosen. */
function alternative(visit: Visit, approval: Approval, { rationale, input }: Alternative, number: number): Html {
  const content = html`<input type="hidden" name="json" value="${JSON.stringify(input) ?? 'null'}" />
    <div class="buttons"><button name="step" value="preview">Show this change</button></div>`
  return html`<section class="card" aria-label="Form ${number} that would need nobody">
    <p>${shown(rationale)}</p>
    ${form(visit, `/approvals/${approval.id}/edit`, content)}
  </section>`
}
