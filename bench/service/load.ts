import { connect, type Socket } from 'node:net'

/** Where requests go, and what they are. */
export interface Load {
  readonly port: number
  readonly connections: number
  /** The body of the next request, and headers besides the usual ones. */
  readonly next: () => { readonly body: string; readonly headers?: string }
  /** Ends after so many milliseconds, or so many requests. */
  readonly ms?: number
  readonly amount?: number
}

/** What a load came to. */
export interface Loaded {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const HEADERS = { 'content-type': 'application/json', 'x-api-key': 'agent-key-of-the-bench' }

/** Sends requests as clients do, with `fetch`, so many at a time. The client then costs more than the bare answer. */
export async function loadByFetch({
  port,
  connections,
  next,
  ms = Infinity,
  amount = Infinity,
}: Load): Promise<Loaded> {
  const times: number[] = []
  const startedAt = performance.now()
  let sent = 0
  const one = async (): Promise<void> => {
    while (sent < amount && performance.now() - startedAt < ms) {
      sent++
      const sentAt = performance.now()
      const init = { method: 'POST', headers: HEADERS, body: next().body }
      const answer = await fetch(`http://127.0.0.1:${port}/actions/evaluate`, init)
      const text = await answer.text()
      if (!answer.ok) throw new Error(text)
      times.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
  return loaded(times, startedAt)
}

/** Sends requests over kept connections, each as soon as the one before it is answered. Costs little, so that it is not what is measured. */
export async function load({ port, connections, next, ms = Infinity, amount = Infinity }: Load): Promise<Loaded> {
  const times: number[] = []
  let sent = 0
  const startedAt = performance.now()
  const isOver = (): boolean => sent >= amount || performance.now() - startedAt >= ms
  const request = (): string => {
    sent++
    const { body, headers = '' } = next()
    const length = Buffer.byteLength(body)
    return `POST /actions/evaluate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-api-key: agent-key-of-the-bench\r\n${headers}content-length: ${length}\r\n\r\n${body}`
  }
  const one = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = ''
      let sentAt = 0
      const go = (): void => {
        if (isOver()) {
          socket.end()
          return resolve()
        }
        sentAt = performance.now()
        socket.write(request())
      }
      socket.setNoDelay(true).setEncoding('latin1')
      socket.on('error', reject)
      socket.on('data', (chunk: string) => {
        text += chunk
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = /content-length: (\d+)/i.exec(text)?.[1]
        if (length === undefined || text.length < end + 4 + Number(length)) return
        if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text))
        times.push(performance.now() - sentAt)
        text = ''
        go()
      })
      socket.once('connect', go)
    })
  await Promise.all(Array.from({ length: connections }, () => one(connect(port, '127.0.0.1'))))
  return loaded(times, startedAt)
}

function loaded(times: readonly number[], startedAt: number): Loaded {
  const seconds = (performance.now() - startedAt) / 1000
  const sorted = Float64Array.from(times).toSorted()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) }
}
