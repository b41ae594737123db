import { afterAll, describe, it } from 'vitest'
import { type PostgresServer, startPostgres } from './postgres-server.js'

/** Tests on a server of their own. Where none can be started they are skipped, and the title says why. */
export async function onPostgres(title: string, tests: (server: PostgresServer) => void): Promise<void> {
  const started = await startPostgres()
  if ('unavailable' in started) {
    it.skip(`${title} (no PostgreSQL could be started: ${started.unavailable})`, () => undefined)
    return
  }
  const { server } = started
  describe(title, () => {
    // A busy machine takes its time to end one that many databases were made in.
    afterAll(() => server.stop(), 60_000)
    tests(server)
  })
}
