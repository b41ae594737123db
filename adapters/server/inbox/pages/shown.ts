import { cut, LONG, SHORT } from '../look/cut.js'
import { codeOf, type Stretch, stretchesOf, type Suspicion } from '../look/suspicious.js'
import { each, html, type Html, NOTHING } from './html.js'

const WHAT: Readonly<Record<Suspicion, string>> = {
  direction: 'changes the direction of the text',
  invisible: 'cannot be seen',
  control: 'is a control character',
  space: 'is not the usual space',
  'look-alike': 'is not the letter it looks like',
}

/** A text from outside: isolated, whole, and with everything that misleads the eye made visible. */
export function shown(text: string): Html {
  if (text.length <= SHORT) return stretched(text)
  const rest = text.length - LONG
  const note = rest > 0 ? html`<p class="cut">${counted(rest)} more characters are not shown here.</p>` : NOTHING
  return html`${stretched(cut(text, SHORT))}<span class="cut">… cut</span>
    <details class="whole">
      <summary>All ${counted(text.length)} characters</summary>
      ${stretched(cut(text, LONG))}${note}
    </details>`
}

/** A text from outside where there is room for a few words only: names. */
export function named(text: string): Html {
  return text.length <= SHORT ? stretched(text) : html`${stretched(cut(text, SHORT))}<span class="cut">… cut</span>`
}

/** A text from outside where no markup can be: in titles and labels. */
export function plainly(text: string): string {
  return cut(text, 80).replaceAll(/[\p{C}\p{Default_Ignorable_Code_Point}]|[^\P{Z} ]/gu, '\u{fffd}')
}

/** A number as people read it. */
export function counted(value: number): string {
  return new Intl.NumberFormat('en', { maximumFractionDigits: 20 }).format(value)
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}

/** Stretches that are shown of one text: one made of nothing else must not become a page of marks. */
const MOST_STRETCHES = 500

function stretched(text: string): Html {
  const stretches = stretchesOf(text)
  const isOver = stretches.length > MOST_STRETCHES
  const note = isOver ? html`<span class="cut">… cut: it has too many such characters</span>` : NOTHING
  return html`<bdi class="text">${each(stretches.slice(0, MOST_STRETCHES), stretch)}</bdi>${note}`
}

function stretch({ text, suspicion, like }: Stretch): Html {
  if (suspicion === undefined) return html`${text}`
  const code = codeOf(text)
  const what = like === undefined ? WHAT[suspicion] : `${WHAT[suspicion]}: ${like}`
  return html`<mark class="odd" title="${code} ${what}">${like === undefined ? code : text}</mark>`
}
