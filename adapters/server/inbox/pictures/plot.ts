import { each, html, type Html, NOTHING } from '../pages/html.js'
import { percent } from '../pages/shown.js'

/** A point, both of its parts from 0 to the most of their axes. */
export type Point = readonly [x: number, y: number]

/** A picture of shares against shares. */
export interface Plot {
  readonly title: string
  /** What the picture says, for whoever does not see it. */
  readonly description: string
  readonly x: { readonly label: string; readonly most: number }
  readonly y: { readonly label: string; readonly most: number }
  /** In their order; `main` is what the picture is of. */
  readonly lines: readonly {
    readonly kind: 'main' | 'other'
    readonly points: readonly Point[]
    readonly dots?: boolean
  }[]
  /** Where a value lies between: at x, from y to y. */
  readonly intervals?: readonly { readonly x: number; readonly low: number; readonly high: number }[]
}

const [WIDTH, HEIGHT] = [440, 320]
const [LEFT, RIGHT, TOP, BOTTOM] = [62, 26, 14, 46]
const TICKS = 5

/** A picture that needs no script: axes, lines, dots and intervals. */
export function plot({ title, description, x, y, lines, intervals = [] }: Plot): Html {
  const across = (value: number): string => (LEFT + (value / x.most) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const up = (value: number): string => (HEIGHT - BOTTOM - (value / y.most) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const steps = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS)
  const path = (points: readonly Point[]): string => points.map(([px, py]) => `${across(px)},${up(py)}`).join(' ')
  return html`<figure class="plot">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}. ${description}">
      ${each(
        steps,
        step =>
          html`<line
              class="grid"
              x1="${LEFT}"
              x2="${WIDTH - RIGHT}"
              y1="${up(step * y.most)}"
              y2="${up(step * y.most)}"
            />
            <text class="tick" x="${LEFT - 8}" y="${up(step * y.most)}" dy="4" text-anchor="end"
              >${percent(step * y.most)}</text
            >
            <text class="tick" x="${across(step * x.most)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle"
              >${percent(step * x.most)}</text
            >`,
      )}
      ${each(intervals, ({ x: px, low, high }) => html`<line class="interval" x1="${across(px)}" x2="${across(px)}" y1="${up(low)}" y2="${up(high)}" />`)}
      ${each(lines, ({ kind, points, dots = false }) => html`<polyline class="${kind}" points="${path(points)}" />${dots ? each(points, ([px, py]) => html`<circle class="${kind}" cx="${across(px)}" cy="${up(py)}" r="4" />`) : NOTHING}`)}
      <text class="label" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${x.label}</text>
      <text class="label" transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">
        ${y.label}
      </text>
    </svg>
    <p class="hint">${description}</p>
  </figure>`
}
