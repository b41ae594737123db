import { MAX_ANSWER_BYTES, TooLong, type Transport } from './transport.js'

/** Requests on the runtime's own `fetch`, for where there is no Node. */
export function fetchTransport(origin: URL): Transport {
  return {
    exchange: async ({ method, path, headers, body }, signal) => {
      const init = {
        method,
        headers: Object.fromEntries(headers),
        signal,
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      } as const
      const response = await fetch(origin.origin + path, init)
      const text = await limited(response)
      return { status: response.status, header: name => response.headers.get(name) ?? undefined, text }
    },
    close: () => {
      // The runtime looks after its connections.
    },
  }
}

async function limited(response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) throw new TooLong('the answer is too long')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
