import { each, html, type Html } from './html.js'

/** Figures side by side, each under its name. */
export function figureList(figures: Readonly<Record<string, string>>): Html {
  const entries = Object.entries(figures)
  return html`<dl class="figures">
    ${each(
      entries,
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}
