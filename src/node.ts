// What of Node is used where it exists: web runtimes have none of it, and nothing is imported.

/** The Node built-ins that are used where they exist; web runtimes have none of them. */
interface NodeBuiltins {
  'node:crypto': {
    hash?: (algorithm: string, data: string) => string
    createHmac?: (
      algorithm: string,
      key: string,
    ) => { update: (data: string) => { digest: (encoding: 'hex') => string } }
  }
  'node:module': { createRequire: (from: string) => (id: string) => unknown }
  'node:fs': {
    readFileSync: (path: string, encoding: 'utf8') => string
    appendFileSync: (path: string, text: string) => void
    createReadStream: (path: string, encoding: 'utf8') => AsyncIterable<unknown>
  }
  'node:sqlite': object
  'node:http': NodeHttp
  'node:https': NodeHttp
}

/** The part of `node:http` that requests need. */
export interface NodeHttp {
  readonly Agent: new (options: { readonly keepAlive: boolean }) => NodeAgent
  readonly request: (options: object, answered: (response: NodeResponse) => void) => NodeRequest
}

/** Keeps sockets. */
export interface NodeAgent {
  keepSocketAlive: (socket: NodeSocket) => boolean
  reuseSocket: (socket: NodeSocket, request: NodeRequest) => void
  /** Those that wait for a request. */
  readonly freeSockets: Readonly<Record<string, readonly NodeSocket[]>>
}

/** The part of a socket that an agent's owner sees. */
export interface NodeSocket {
  readonly destroy: () => void
  readonly on: (event: 'data', listener: (this: NodeSocket) => void) => unknown
  readonly off: (event: 'data', listener: (this: NodeSocket) => void) => unknown
}

/** A request on its way. */
interface NodeRequest {
  readonly on: (event: 'error', listener: (error: unknown) => void) => unknown
  readonly end: (body: string | undefined) => unknown
  readonly destroy: () => unknown
}

/** An answer that begins to come. */
interface NodeResponse {
  readonly statusCode?: number
  readonly complete: boolean
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly on: ((event: 'data', listener: (chunk: Uint8Array) => void) => unknown) &
    ((event: 'end' | 'error', listener: (error?: unknown) => void) => unknown)
}

/** A Node built-in without importing it, so that bundles for web runtimes stay free of `node:` imports. */
export function nodeBuiltin<NAME extends keyof NodeBuiltins>(name: NAME): NodeBuiltins[NAME] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => NodeBuiltins[NAME] | undefined } }
  return process?.getBuiltinModule?.(name)
}

/** A package at once where Node's `require` is there: for what is needed rarely, and then synchronously. */
export function requirePackage(name: string): unknown {
  return nodeBuiltin('node:module')?.createRequire(import.meta.url)(name)
}
