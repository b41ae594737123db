import type { Approver } from '../session/approver.js'
import { TOKEN_FIELD } from '../session/forgery.js'
import { each, html, type Html, NOTHING, when } from './html.js'
import { named } from './shown.js'

/** Who looks, from where, and when. */
export interface Visit {
  /** Path that the inbox is mounted at, without a slash at its end. */
  readonly base: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Changes with the style sheet and the script. */
  readonly edition: string
  /** Whoever is signed in. */
  readonly approver?: Approver
  /** Of every form. */
  readonly token?: string
  /** Whether the inbox signs people in itself, and so out. */
  readonly signsIn: boolean
}

/** One page. */
export interface PageParts {
  readonly title: string
  /** Path of its entry in the navigation. */
  readonly at?: string
  readonly body: Html
  /** Looks for changes by itself. */
  readonly live?: boolean
}

const PAGES = [
  ['/', 'Inbox'],
  ['/decisions', 'Decisions'],
  ['/calibration', 'Calibration'],
  ['/autonomy', 'Autonomy'],
  ['/stop', 'Kill switch'],
  ['/audit', 'Audit'],
] as const

/** Address of a page of the inbox. */
export function at({ base }: Visit, path: string): string {
  return path === '/' && base !== '' ? base : base + path
}

/** A form that changes something: always a POST, always with the session's token. */
export function form(visit: Visit, path: string, content: Html, label?: string): Html {
  const name = label === undefined ? NOTHING : html` aria-label="${label}"`
  return html`<form method="post" action="${at(visit, path)}" ${name}>
    <input type="hidden" name="${TOKEN_FIELD}" value="${visit.token ?? ''}" />${content}
  </form>`
}

/** The page around a body. */
export function page(visit: Visit, { title, at: place, body, live = false }: PageParts): Html {
  const { edition, now, approver } = visit
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · countersign</title>
        <link rel="stylesheet" href="${at(visit, `/served/style-${edition}.css`)}" />
        <script src="${at(visit, `/served/script-${edition}.js`)}" defer></script>
      </head>
      <body data-now="${now}" data-events="${live ? at(visit, '/events') : ''}">
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <p class="brand">countersign</p>
          ${approver === undefined ? NOTHING : navigation(visit, approver, place)}
        </header>
        <main id="main" tabindex="-1">${body}</main>
        <p class="news" role="status" aria-live="polite" data-news></p>
        ${when(live, shortcuts)}
      </body>
    </html>`
}

function navigation(visit: Visit, { name, tenant }: Approver, place: string | undefined): Html {
  const link = ([path, text]: (typeof PAGES)[number]): Html => {
    const current = path === place ? html` aria-current="page"` : NOTHING
    return html`<li><a href="${at(visit, path)}" ${current}>${text}</a></li>`
  }
  const leave = form(visit, '/sign-out', html`<button class="plain">Sign out</button>`)
  return html`<nav aria-label="Pages">
      <ul>
        ${each(PAGES, link)}
      </ul>
    </nav>
    <div class="who">
      <span>${named(name)}${tenant === undefined ? NOTHING : html` · ${named(tenant)}`}</span>
      ${when(visit.signsIn, () => leave)}
    </div>`
}

const KEYS = [
  ['j', 'next request'],
  ['k', 'the one before'],
  ['a', 'go to Approve (Enter presses it)'],
  ['r', 'go to Reject (Enter presses it)'],
  ['c', 'write a comment'],
  ['e', 'edit'],
  ['o', 'open the request'],
  ['?', 'these keys'],
] as const

function shortcuts(): Html {
  return html`<dialog class="keys" aria-labelledby="keys-title" data-keys>
    <h2 id="keys-title">Keys</h2>
    <dl>
      ${each(
        KEYS,
        ([key, what]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
    <form method="dialog"><button>Close</button></form>
  </dialog>`
}
