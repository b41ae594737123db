/** Shows how far long work has come. */
export interface Progress {
  readonly at: (done: number) => void
  /** Takes the bar away. */
  readonly end: () => void
}

const BAR = 24
const EVERY_MS = 80
const NONE: Progress = { at: () => undefined, end: () => undefined }

/** A bar on standard error, where that is a terminal; nothing anywhere else. */
export function progress(what: string, total: number): Progress {
  const { stderr } = process
  if (!stderr.isTTY || total === 0) return NONE
  let shown = 0
  return {
    at: done => {
      const now = Date.now()
      if (now - shown < EVERY_MS) return
      shown = now
      const share = Math.min(1, done / total)
      const full = Math.round(share * BAR)
      const bar = '█'.repeat(full) + '░'.repeat(BAR - full)
      stderr.write(`\r${what} ${bar} ${Math.floor(share * 100)} % of ${total.toLocaleString('en')}`)
    },
    end: () => {
      if (shown > 0) stderr.write('\r\u001b[K')
    },
  }
}
