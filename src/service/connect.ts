import type { ConnectionOptions, ServiceConnection } from './connection.js'

/**
 * A way to one service.
 *
 * @throws Error always: not yet written
 */
export function connectService(_options: ConnectionOptions): ServiceConnection {
  throw new Error('not yet')
}
