import { GovernanceError } from 'countersign'
import { codeOf } from './errors.js'
import { type Migration, MIGRATIONS } from './migrations.js'
import type { ClientLike } from './pool-like.js'

const UNDEFINED_TABLE = '42P01'
const INVALID_SCHEMA = '3F000'

interface Version {
  readonly major: number
  readonly minor: number
}

/**
 * Brings a schema up to date, all of it in one transaction that looks again once it has the lock: of many clients that start at
 * once, one does it, and the others find it done.
 *
 * @param schema its name, which needs no quotes
 * @throws GovernanceError `unsupported-schema` for one that newer code has made
 */
export async function migrate(client: ClientLike, schema: string, migrations = MIGRATIONS): Promise<void> {
  const newest = migrations.at(-1) ?? { major: 0, minor: 0 }
  if (isUpToDate(await versionOf(client, schema), newest, schema)) return
  await client.query({ text: 'begin' })
  try {
    await client.query({
      text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
      values: [`countersign ${schema}`],
    })
    await install(client, schema, migrations)
    await client.query({ text: 'commit' })
  } catch (error) {
    await client.query({ text: 'rollback' }).catch(() => undefined)
    throw error
  }
}

async function install(client: ClientLike, schema: string, migrations: readonly Migration[]): Promise<void> {
  const quoted = `"${schema}"`
  const { rows } = await client.query({ text: 'select to_regclass($1) as found', values: [`${quoted}.migrations`] })
  if ((rows[0] as { readonly found: unknown }).found === null) {
    await client.query({ text: `create schema if not exists ${quoted}` })
    await client.query({
      text: `create table ${quoted}.migrations (
        major integer, minor integer, at timestamptz not null default now(), primary key (major, minor)
      )`,
    })
  }
  const version = await readVersion(client, quoted)
  for (const { major, minor, sql } of migrations) {
    if (!isBefore(version, { major, minor })) continue
    await client.query({ text: sql(quoted) })
    await client.query({
      text: `insert into ${quoted}.migrations (major, minor) values ($1, $2)`,
      values: [major, minor],
    })
  }
}

async function versionOf(client: ClientLike, schema: string): Promise<Version> {
  try {
    return await readVersion(client, `"${schema}"`)
  } catch (error) {
    const code = codeOf(error)
    if (code === UNDEFINED_TABLE || code === INVALID_SCHEMA) return { major: 0, minor: 0 }
    throw error
  }
}

async function readVersion(client: ClientLike, quoted: string): Promise<Version> {
  const { rows } = await client.query({
    text: `select major::text, minor::text from ${quoted}.migrations`,
  })
  const versions = (rows as Readonly<Record<'major' | 'minor', string>>[]).map(({ major, minor }) => ({
    major: Number(major),
    minor: Number(minor),
  }))
  return versions.reduce((newest, other) => (isBefore(newest, other) ? other : newest), { major: 0, minor: 0 })
}

function isUpToDate(version: Version, newest: Version, schema: string): boolean {
  if (version.major > newest.major) {
    throw new GovernanceError(
      'unsupported-schema',
      `Schema "${schema}" of the database has version ${version.major}.${version.minor}, and this version of countersign knows versions up to ${newest.major}.x. Update countersign, or choose another schema.`,
    )
  }
  return !isBefore(version, newest)
}

function isBefore(a: Version, b: Version): boolean {
  return a.major < b.major || (a.major === b.major && a.minor < b.minor)
}
