/** One axis from 0 on. */
interface Axis {
  readonly label: string
  readonly most: number
  /** How a value is written at a tick. */
  readonly write: (value: number) => string
}

/** A line through points in the units of the axes. */
interface Line {
  readonly points: readonly (readonly [x: number, y: number])[]
  /** `main` is what it is about; `other` is what it is compared with. */
  readonly kind: 'main' | 'other'
  readonly name: string
  /** Whether each point is marked. @defaultValue false */
  readonly dots?: boolean
}

/** A picture with words for those who do not see it. */
export interface Chart {
  readonly title: string
  readonly description: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}

const WIDTH = 400
const HEIGHT = 300
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 384, 56, 252]
const TICKS = 5

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #d0d7de }
.main { stroke: #0969da; fill: none; stroke-width: 2 }
.other { stroke: #6e7781; fill: none; stroke-width: 1.5; stroke-dasharray: 5 4 }
.dot { fill: #0969da }
.back { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #30363d }
  .main { stroke: #58a6ff }
  .other { stroke: #8b949e }
  .dot { fill: #58a6ff }
  .back { fill: #0d1117 }
}`

/** Draws a chart. The same chart is always the same text. */
export function draw({ title, description, x, y, lines }: Chart): string {
  const across = (value: number): string => short(LEFT + (value / x.most) * (RIGHT - LEFT))
  const up = (value: number): string => short(BOTTOM - (value / y.most) * (BOTTOM - TOP))
  const parts = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const [valueX, valueY] = [(x.most * tick) / TICKS, (y.most * tick) / TICKS]
    return `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${up(valueY)}" y2="${up(valueY)}"/>
<text x="${LEFT - 6}" y="${up(valueY)}" dy="4" text-anchor="end">${escape(y.write(valueY))}</text>
<text x="${across(valueX)}" y="${BOTTOM + 17}" text-anchor="middle">${escape(x.write(valueX))}</text>`
  })
  for (const [index, { points, kind, name, dots = false }] of lines.entries()) {
    const path = points.map(([px, py]) => `${across(px)},${up(py)}`).join(' ')
    parts.push(`<polyline class="${kind}" points="${path}"/>`)
    if (dots) for (const [px, py] of points) parts.push(`<circle class="dot" cx="${across(px)}" cy="${up(py)}" r="3"/>`)
    const at = LEFT + index * 150
    parts.push(`<line class="${kind}" x1="${at}" x2="${at + 22}" y1="40" y2="40"/>
<text x="${at + 28}" y="44">${escape(name)}</text>`)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title desc">
<title id="title">${escape(title)}</title>
<desc id="desc">${escape(description)}</desc>
<style>${STYLE}
</style>
<rect class="back" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${LEFT}" y="22">${escape(title)}</text>
${parts.join('\n')}
<text x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escape(x.label)}</text>
<text transform="translate(14 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escape(y.label)}</text>
</svg>
`
}

/** Tenths are finer than what a screen shows. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
