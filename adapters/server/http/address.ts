/** Where a request comes from, as `@hono/node-server` tells it. Headers are not believed: whoever asks writes them. */
export function addressOf(env: unknown): string | undefined {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } } }
  return incoming?.socket?.remoteAddress
}
