import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Reply } from './recorded.js'

/** A body as it is sent. */
export function serialised({ body }: Reply): string {
  return body === undefined ? '' : JSON.stringify(body)
}

/** Sends a reply as it should be. */
export function send(response: ServerResponse, reply: Reply): void {
  sendText(response, reply, serialised(reply))
}

/** Sends other text than the reply's own. */
export function sendText(
  response: ServerResponse,
  { status, headers }: Reply,
  text: string,
  type = 'application/json',
): void {
  const length = { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }
  response.writeHead(status, { ...length, ...headers }).end(text)
}

/** A reply as bytes on a connection, for what no HTTP library would send. */
export function rawReply(reply: Reply): { readonly head: string; readonly body: string } {
  const body = serialised(reply)
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...reply.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return { head: `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines.join('')}\r\n`, body }
}

/** Settles when a response is over: sent, or its connection gone. */
export function whenOver(response: ServerResponse): Promise<void> {
  return response.closed ? Promise.resolve() : new Promise(resolve => response.once('close', () => resolve()))
}
