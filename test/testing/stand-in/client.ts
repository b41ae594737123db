import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { standInService, type StandInOptions, type StandInService } from 'countersign/testing'
import { afterEach } from 'vitest'

/** What came back. */
export interface Got {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies of the wire are looked into field by field
  readonly body: any
}

/** How a test asks. */
export interface Ask {
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is, in the place of JSON. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
}

const open: StandInService[] = []
afterEach(async () => {
  for (const service of open.splice(0)) await service.close()
})

/** A stand-in that ends with its test. */
export async function standIn(options: StandInOptions = {}): Promise<StandInService> {
  const service = await standInService(options)
  open.push(service)
  return service
}

/** Asks over `fetch`, as an agent unless another key is given. */
export async function ask(
  service: StandInService,
  route: string,
  body?: unknown,
  { key = 'agent-key', headers = {}, raw }: Ask = {},
): Promise<Got> {
  const [method = '', path = ''] = route.split(' ')
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(service.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(key === '' ? {} : { 'x-api-key': key }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** What came over a connection that a fault may have broken. */
export interface Raw {
  readonly status?: number
  readonly headers?: IncomingHttpHeaders
  readonly text: string
  /** Code of the error that ended it. */
  readonly error?: string
  /** Statuses of answers that were none yet. */
  readonly announced: readonly number[]
}

/** Evaluates one action over `node:http`, and never rejects. */
export function rawAsk(
  service: StandInService,
  path = '/actions/evaluate',
  body: unknown = { action: 'refund' },
  agent = new Agent(),
): Promise<Raw> {
  return new Promise(resolve => {
    const announced: number[] = []
    const headers = { 'content-type': 'application/json', 'x-api-key': 'agent-key' }
    const request = httpRequest(service.url + path, { method: 'POST', headers, agent }, response => {
      let text = ''
      const { statusCode: status = 0, headers } = response
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status, headers, text, announced }))
      response.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ status, headers, text, announced, error: error.code ?? '' }),
      )
    })
    request.on('information', ({ statusCode }) => announced.push(statusCode))
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ text: '', announced, error: error.code ?? '' }))
    request.end(JSON.stringify(body))
  })
}
