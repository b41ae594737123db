import { type Clock, forget } from '../ambient.js'
import { expect } from '../check.js'
import { readJson } from '../encoding.js'
import { isGovernanceError } from '../errors.js'
import { VERSION } from '../version.js'
import type { ConnectionOptions, Credential, ServiceAnswer, ServiceConnection, ServiceRequest } from './connection.js'
import { type ResolvedConnection, resolveConnection } from './connection-options.js'
import { Deadline } from './deadline.js'
import { failureOf, failureToAsk, SERVICE_FAILURES, serviceError } from './failure.js'
import { fetchTransport } from './fetch-transport.js'
import { nodeTransport } from './node-transport.js'
import { type CircuitChange, createResilience, type Resilience } from './resilience.js'
import type { Transport, WireRequest } from './transport.js'

/**
 * Makes the way to a decision service. Nothing is sent yet.
 *
 * In the worst case a request takes `deadlineMs` and is sent `retry.attempts` times; with the defaults, 2 seconds and three
 * times. A service that fails five attempts in a row is left alone for half a minute.
 *
 * @throws GovernanceError `invalid-option`
 */
export function connectService(options: ConnectionOptions, place = 'connectService'): ServiceConnection {
  const resolved = resolveConnection(options, place)
  return new Connection(resolved, nodeTransport(resolved.origin) ?? fetchTransport(resolved.origin))
}

class Connection implements ServiceConnection {
  readonly host: string
  readonly #prefix: string
  readonly #transport: Transport
  readonly #headers: readonly [string, string][]
  readonly #credential: Credential
  readonly deadlineMs: number
  readonly #attempts: number
  readonly #clock: Clock
  readonly #listeners = new Set<(change: CircuitChange) => void>()
  readonly #loading: Promise<Resilience>
  #resilience: Resilience | undefined

  constructor(options: ResolvedConnection, transport: Transport) {
    const { origin, deadlineMs, retry, clock } = options
    this.host = origin.host
    this.#prefix = origin.pathname.replace(/\/+$/, '')
    this.#transport = transport
    this.#headers = [
      ['accept', 'application/json'],
      ['user-agent', `countersign/${VERSION}`],
    ]
    this.#credential = options
    this.deadlineMs = deadlineMs
    this.#clock = clock
    this.#attempts = retry.attempts
    this.#loading = createResilience({
      ...options,
      failures: SERVICE_FAILURES,
      onChange: state => {
        for (const listener of this.#listeners) tell(listener, { host: this.host, state })
      },
    })
    forget(this.#loading)
  }

  readonly assertAvailable = (): void => this.#resilience?.assertAvailable()

  readonly onCircuitChange = (listener: (change: CircuitChange) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  readonly close = (): void => {
    this.#transport.close()
  }

  readonly send = async (request: ServiceRequest): Promise<ServiceAnswer> => {
    const resilience = this.#resilience ?? (this.#resilience = await this.#loading)
    const { deadlineMs = this.deadlineMs, attempts = this.#attempts, signal: outer, remainingMs } = request
    const wire = this.#written(request)
    const run = (signal: AbortSignal, ms: number): Promise<ServiceAnswer> =>
      resilience.run(() => this.#attempt(wire, signal), { signal, attempts, until: this.#clock.now() + ms })
    return outer !== undefined && remainingMs !== undefined
      ? run(outer, remainingMs)
      : this.#inTime(deadlineMs, outer, signal => run(signal, deadlineMs))
  }

  /** What is late is dropped at once, whatever it is waiting for. */
  async #inTime<T>(ms: number, outer: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    outer?.throwIfAborted()
    const deadline = new Deadline({ clock: this.#clock, ms, outer, late: () => serviceError('timeout') })
    try {
      return await deadline.race(work(deadline.signal))
    } finally {
      deadline.end()
    }
  }

  #written({ method, path, body, headers = {}, idempotencyKey, credential }: ServiceRequest): WireRequest {
    expect(path.startsWith('/'), 'path', 'one that begins with a slash')
    const all: [string, string][] = [...this.#headers, ...authorization(credential ?? this.#credential)]
    all.push(...Object.entries(headers))
    if (idempotencyKey !== undefined) all.push(['idempotency-key', idempotencyKey])
    if (body === undefined) return { method, path: this.#prefix + path, headers: all, body: undefined }
    all.push(['content-type', 'application/json'])
    return { method, path: this.#prefix + path, headers: all, body: JSON.stringify(body) }
  }

  async #attempt(wire: WireRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    // It may have waited for its turn.
    signal.throwIfAborted()
    let answer
    try {
      answer = await this.#transport.exchange(wire, signal)
    } catch (error) {
      // Who asked has lost interest: that says nothing of the service.
      if (signal.aborted && !isGovernanceError(signal.reason)) throw signal.reason
      throw failureToAsk(error)
    }
    const { status, text } = answer
    if (status < 200 || status > 299) throw failureOf(answer, this.#clock.now())
    const json = text === '' ? undefined : readJson(text)
    if (json === undefined && text.trim() !== '') throw serviceError('malformed', { status })
    return { status, json }
  }
}

/** Who listens breaks no request. */
function tell(listener: (change: CircuitChange) => void, change: CircuitChange): void {
  try {
    listener(change)
  } catch {
    // Its own trouble.
  }
}

function authorization({ apiKey, bearerToken }: Credential): readonly [string, string][] {
  if (apiKey !== undefined) return [['x-api-key', apiKey]]
  return bearerToken === undefined ? [] : [['authorization', `Bearer ${bearerToken}`]]
}
