/** The style sheet: one accent, the system's fonts, light and dark, from 320 pixels on. */
export const STYLE = `:root {
  --ground: #f6f7f9; --paper: #fff; --ink: #1b2330; --soft: #556070; --line: #dce1e8; --accent: #2457c5; --on-accent: #fff;
  --good: #17653a; --good-ground: #e4f3ea; --bad: #a31f2b; --bad-ground: #fbe9ea; --odd: #6b4700; --odd-ground: #fdf1d3;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --paper: #1a2029; --ink: #e6eaf0; --soft: #a3adba; --line: #313a47; --accent: #8fb2ff; --on-accent: #10192b;
    --good: #84d6a4; --good-ground: #17301f; --bad: #ff9d9f; --bad-ground: #3a1d20; --odd: #f2cf7a; --odd-ground: #382c10;
  }
}
* { box-sizing: border-box }
html { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums }
body { margin: 0; background: var(--ground); color: var(--ink) }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem }
h2, h3 { font-size: 1.125rem; line-height: 1.3; margin: 0 }
code, kbd, .json { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .875em }
code { color: var(--soft); overflow-wrap: anywhere }
kbd { border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px; padding: 0 .35em }
.skip { position: absolute; left: -999px }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 2 }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: .75rem 1.5rem; background: var(--paper); border-bottom: 1px solid var(--line) }
.brand { font-weight: 650; margin: 0 }
nav { flex: 1 }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0; padding: 0; list-style: none }
nav a { display: block; padding: .375rem .625rem; border-radius: 6px; color: var(--soft); text-decoration: none }
nav a:hover { color: var(--ink) }
nav a[aria-current] { color: var(--ink); font-weight: 600; background: var(--ground) }
.who { display: flex; align-items: center; gap: .75rem; color: var(--soft) }
.who form { margin: 0 }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1.5rem 4rem }
main:focus { outline: none }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin: 0 0 1.5rem }
.card:focus { outline: 3px solid var(--accent); outline-offset: 2px }
.card > :last-child { margin-bottom: 0 }
.card > h2 { margin-bottom: .75rem }
.card > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: .75rem }
.card > header h1 { margin: 0 }
.card > header a { color: inherit; text-decoration: none }
.card > header a:hover { text-decoration: underline }
.card > header p { margin: 0 }
.narrow { max-width: 26rem; margin-inline: auto }
.value { font-size: 1.125rem; font-weight: 650 }
.left, .state { margin-left: auto !important; color: var(--soft); white-space: nowrap }
.left.soon { color: var(--bad); font-weight: 600 }
.facts, .figures { display: flex; flex-wrap: wrap; gap: .5rem 1.75rem; margin: 0 0 1rem }
.facts dt, .figures dt { color: var(--soft); font-size: .8125rem }
.facts dd, .figures dd { margin: 0; overflow-wrap: anywhere }
.figures dd { font-size: 1.25rem; font-weight: 600 }
.card > .figures:last-child { margin: 0 }
.why { margin: 0 0 1rem }
.why ul, .said, .warnings { margin: 0; padding: 0; list-style: none }
.why p { margin: .25rem 0 0 }
.precedents, .risk, .hint, .empty, .cut { color: var(--soft) }
.hint, .cut { font-size: .875rem }
.effect { display: inline-block; border: 1px solid var(--line); border-radius: 999px; padding: 0 .6em; font-size: .8125rem; color: var(--soft) }
.effect.deny, .effect.blocked { color: var(--bad); border-color: currentColor }
.effect.allow, .effect.allowed { color: var(--good); border-color: currentColor }
.warnings { background: var(--odd-ground); color: var(--odd); border-radius: 8px; padding: .625rem .875rem; margin: 0 0 1rem }
.warnings code { color: inherit }
.odd { background: var(--odd-ground); color: var(--odd); border-radius: 3px; padding: 0 .15em; outline: 1px solid currentColor; unicode-bidi: isolate }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }
.problem { background: var(--bad-ground); color: var(--bad); border-radius: 8px; padding: .625rem .875rem; margin: 0 0 1rem }
.good, .said { background: var(--good-ground); color: var(--good); border-radius: 8px; padding: .625rem .875rem; margin: 0 0 1rem }
.note { border-left: 3px solid var(--accent); padding-left: .875rem; margin: 0 0 1rem }
.stopped { border-color: var(--bad) }
.limit { margin: 0 0 .5rem; color: var(--soft) }
.limit meter { width: 8rem; vertical-align: middle }
.limit meter::-webkit-meter-optimum-value { background: var(--accent) }
.limit meter::-moz-meter-bar { background: var(--accent) }
.limit strong { color: var(--bad) }
.progress { margin: 0 0 1rem; color: var(--soft) }
.progress strong { color: var(--ink) }
table { border-collapse: collapse; width: 100%; margin: 0 0 1rem }
caption { text-align: left; color: var(--soft); font-size: .8125rem; padding-bottom: .25rem }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-top: 1px solid var(--line) }
.input th, .changes th[scope=row] { width: 30%; font-weight: 400; color: var(--soft); overflow-wrap: anywhere }
thead th { color: var(--soft); font-size: .8125rem; font-weight: 400 }
td.number, td.boolean { font-weight: 600 }
td.was { text-decoration: line-through; color: var(--soft) }
.wide { overflow-x: auto }
.wide .warnings { padding: .25rem .5rem; margin: .25rem 0 0; font-size: .8125rem }
.whole .text { display: block; max-height: 24rem; overflow: auto }
form { margin: 0 }
label { display: block; color: var(--soft); font-size: .875rem }
.field { margin: 0 0 1rem }
.field span:first-child { display: block; margin-bottom: .25rem }
input:not([type=checkbox]), textarea, select { width: 100%; font: inherit; font-size: 1rem; color: var(--ink); background: var(--ground); border: 1px solid var(--soft); border-radius: 8px; padding: .5rem .75rem }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; accent-color: var(--accent) }
textarea { display: block; resize: vertical; field-sizing: content; min-height: 2.6rem }
.comment textarea { margin-top: .25rem }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1rem }
button, .button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.25rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--paper); color: var(--ink); cursor: pointer; text-decoration: none }
.approve { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
.reject { color: var(--bad); border-color: currentColor }
.plain { min-height: 0; border: 0; padding: .25rem; font-weight: 400; color: var(--accent); background: none; text-decoration: underline }
.filter { display: flex; flex-wrap: wrap; align-items: end; gap: 1rem; margin: 0 0 1.5rem }
.filter label { flex: 1 1 10rem }
.timeline { list-style: none; margin: 0; padding: 0 }
.timeline > li { border-left: 2px solid var(--line); padding: 0 0 1rem 1rem }
.timeline time { color: var(--soft) }
.timeline p { margin: .25rem 0 0; color: var(--soft) }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem }
.plot { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; margin: 0 }
.plot figcaption { font-weight: 600; margin-bottom: .5rem }
.plot svg { width: 100%; height: auto; display: block }
.plot text { fill: var(--soft); font-size: 12px }
.plot .grid { stroke: var(--line) }
.plot polyline { fill: none; stroke-width: 2 }
.plot polyline.main, .plot .interval { stroke: var(--accent) }
.plot polyline.other { stroke: var(--soft); stroke-dasharray: 4 4 }
.plot circle { fill: var(--accent) }
.plot .interval { opacity: .45 }
.news:not(:empty) { position: fixed; bottom: 1rem; left: 50%; translate: -50% 0; margin: 0; background: var(--ink); color: var(--paper); border-radius: 999px; padding: .5rem 1.25rem }
.keys { border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; background: var(--paper); color: var(--ink) }
.keys::backdrop { background: rgb(0 0 0 / .4) }
.keys dl div { display: flex; gap: 1rem; margin: .375rem 0 }
.keys dt { min-width: 2rem } .keys dd { margin: 0 }
@media (max-width: 40rem) {
  .top { padding: .75rem 1rem } nav { order: 3; flex-basis: 100% } .who { margin-left: auto }
  main { padding: 1.25rem 1rem 4rem } .card { padding: 1.125rem }
  .buttons > * { flex: 1 1 auto; text-align: center }
  .hint kbd { display: none }
}
@media (prefers-reduced-motion: no-preference) { .arrived { animation: arrive .6s } @keyframes arrive { from { opacity: 0 } } }
@media (hover: none) { p.hint:has(kbd) { display: none } }
`
