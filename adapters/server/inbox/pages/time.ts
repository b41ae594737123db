import { html, type Html } from './html.js'
import type { Visit } from './layout.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What is left of a span, in words: `58 min`, `2 h 5 min`, `45 s`. The script writes the same. */
export function spanOf(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.ceil(ms / 1000))} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  const minutes = Math.floor((ms % HOUR) / MINUTE)
  return `${Math.floor(ms / HOUR)} h${minutes === 0 ? '' : ` ${minutes} min`}`
}

/** How long an answer still counts, by the server's clock. */
export function timeLeft({ now }: Visit, expiresAt: number): Html {
  const time = new Date(expiresAt).toISOString()
  return html`<p class="left">
    <time datetime="${time}" title="until ${time}" data-expires="${expiresAt}">${spanOf(expiresAt - now)} left</time>
  </p>`
}

/** An instant, to the second, in UTC. */
export function instant(at: number): Html {
  const time = new Date(at).toISOString()
  return html`<time datetime="${time}">${time.slice(0, 10)} ${time.slice(11, 19)}</time>`
}
