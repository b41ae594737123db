/** The script: countdowns by the server's clock, what arrives meanwhile, and the keys. Everything else works without it. */
export const SCRIPT = `'use strict'
const { now: served, events } = document.body.dataset
const ahead = Number(served) - Date.now()
const waiting = document.getElementById('waiting')
const cards = () => [...document.querySelectorAll('[data-card]')]
const current = () => document.activeElement?.closest('[data-card]')

const spanOf = ms => {
  if (ms < 60000) return Math.max(0, Math.ceil(ms / 1000)) + ' s'
  if (ms < 3600000) return Math.floor(ms / 60000) + ' min'
  const minutes = Math.floor((ms % 3600000) / 60000)
  return Math.floor(ms / 3600000) + ' h' + (minutes === 0 ? '' : ' ' + minutes + ' min')
}
const countDown = () => {
  for (const time of document.querySelectorAll('[data-expires]')) {
    const left = Number(time.dataset.expires) - (Date.now() + ahead)
    const text = left > 0 ? spanOf(left) + ' left' : 'time is over'
    if (time.textContent !== text) time.textContent = text
    time.parentElement.classList.toggle('soon', left < 300000)
  }
}
countDown()
setInterval(countDown, 1000)

const tell = text => {
  const news = document.querySelector('[data-news]')
  news.textContent = text
  clearTimeout(tell.timer)
  tell.timer = setTimeout(() => { news.textContent = '' }, 6000)
}
const isInUse = card =>
  card.contains(document.activeElement) && card !== document.activeElement ||
  [...card.querySelectorAll('textarea')].some(field => field.value !== field.defaultValue) ||
  [...card.querySelectorAll('[type=checkbox]')].some(field => field.checked !== field.defaultChecked)
const markStale = card => {
  if (card.querySelector('[data-stale]')) return
  const note = document.createElement('p')
  note.className = 'note'
  note.dataset.stale = ''
  note.textContent = 'This has changed meanwhile. '
  const link = document.createElement('a')
  link.href = location.pathname
  link.textContent = 'Show it as it is now'
  note.append(link)
  card.prepend(note)
}

/** Brings what is shown up to what the server has, and touches nothing that somebody is at work on. */
const refresh = async () => {
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' }, redirect: 'manual' })
  if (!answer.ok) return location.reload()
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const fresh = [...next.querySelectorAll('#waiting > [data-card]')]
  const known = new Map(cards().map(card => [card.dataset.card, card]))
  let arrived = 0
  for (const [index, card] of fresh.entries()) {
    const old = known.get(card.dataset.card)
    known.delete(card.dataset.card)
    if (old && (old.dataset.version === card.dataset.version || isInUse(old))) {
      if (old.dataset.version !== card.dataset.version) markStale(old)
      continue
    }
    const hadFocus = old !== undefined && old === document.activeElement
    if (old) old.replaceWith(card)
    else {
      arrived++
      card.classList.add('arrived')
      waiting.insertBefore(card, waiting.children[index] ?? null)
    }
    if (hadFocus) card.focus()
  }
  for (const card of known.values()) isInUse(card) ? markStale(card) : card.remove()
  const heading = document.querySelector('h1')
  const nextHeading = next.querySelector('h1')
  heading.replaceWith(nextHeading)
  document.title = next.title
  const empty = document.querySelector('main > .empty')
  const nextEmpty = next.querySelector('main > .empty')
  if (empty && !nextEmpty) empty.remove()
  if (!empty && nextEmpty) waiting.after(nextEmpty)
  countDown()
  if (arrived > 0) tell(arrived === 1 ? 'One more request waits' : arrived + ' more requests wait')
}
if (events && waiting) {
  let timer
  const soon = () => { clearTimeout(timer); timer = setTimeout(() => refresh().catch(() => undefined), 120) }
  const source = new EventSource(events)
  source.addEventListener('changed', soon)
  // What happened since the page was made, or while the connection was down, is looked up.
  source.addEventListener('open', () => { document.body.dataset.listening = 'yes'; soon() })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) soon() })
}

const go = step => {
  const all = cards()
  const at = all.indexOf(current())
  const card = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))]
  card?.focus()
  card?.scrollIntoView({ block: 'nearest' })
}
const reach = selector => (current() ?? (cards().length === 1 ? cards()[0] : undefined))?.querySelector(selector)
const keys = {
  j: () => go(1),
  k: () => go(-1),
  a: () => reach('[data-approve]')?.focus(),
  r: () => reach('[data-reject]')?.focus(),
  c: () => reach('[data-comment]')?.focus(),
  e: () => reach('[data-edit]')?.click(),
  o: () => reach('[data-open]')?.click(),
  '?': () => document.querySelector('[data-keys]')?.showModal(),
}
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (event.key === 'Escape') return void current()?.focus()
  if (event.target.closest('input, textarea, select, dialog')) return
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
  if (!act) return
  event.preventDefault()
  act()
})
if (document.querySelector('[data-answered]')) cards()[0]?.focus({ preventScroll: true })
`
