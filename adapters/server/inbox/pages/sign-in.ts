import { html, type Html, NOTHING } from './html.js'
import { at, page, type Visit } from './layout.js'

/** Where an approver signs in with a key. */
export function signInPage(visit: Visit, { to, problem }: { readonly to: string; readonly problem?: string }): Html {
  const body = html`<section class="card narrow">
    <h1>Sign in</h1>
    ${problem === undefined ? NOTHING : html`<p class="problem" role="alert" id="wrong">${problem}</p>`}
    <form method="post" action="${at(visit, '/sign-in')}">
      <input type="hidden" name="to" value="${to}" />
      <label class="field"
        ><span>Key of an approver</span
        ><input
          type="password"
          name="key"
          required
          autocomplete="current-password"
          ${problem === undefined ? NOTHING : html`aria-describedby="wrong" aria-invalid="true"`}
      /></label>
      <div class="buttons"><button class="approve">Sign in</button></div>
    </form>
  </section>`
  return page(visit, { title: 'Sign in', body })
}

/** Something that could not be done, in one sentence, and where to go on. */
export function problemPage(visit: Visit, title: string, problem: string): Html {
  const body = html`<section class="card narrow">
    <h1>${title}</h1>
    <p>${problem}</p>
    <p><a href="${at(visit, '/')}">Go to the inbox</a></p>
  </section>`
  return page(visit, { title, body })
}
