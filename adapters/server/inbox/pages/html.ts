import { html } from 'hono/html'

export { html }

/** Markup that was made safe. Everything put into an `html` template is escaped, other markup excepted. */
export type Html = ReturnType<typeof html>

/** Nothing at all. */
export const NOTHING = html``

/** Markup one after the other. */
export function each<ITEM>(items: readonly ITEM[], write: (item: ITEM, index: number) => Html): Html {
  return html`${items.map(write)}`
}

/** Markup where it holds, and nothing else. */
export function when(holds: boolean, write: () => Html): Html {
  return holds ? write() : NOTHING
}
