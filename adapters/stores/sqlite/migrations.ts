import { GovernanceError } from 'countersign'
import type { SqliteLike } from './sqlite-like.js'
import { inTransaction } from './transaction.js'

/** A step of the schema. A new minor can be read and written by older code of the same major; a new major cannot. */
export interface Migration {
  readonly major: number
  readonly minor: number
  readonly sql: string
}

/** `CSGN`, in the header of the file: says whose database it is. */
const APPLICATION_ID = 0x4353474e
/** `user_version` is the major times this, plus the minor. */
const MAJOR = 1000

/**
 * Forward only: a step that was released is never changed. Rows are large and ids are text, so tables keep their row
 * numbers (a text primary key without them would triple the file); the small rows of windows do without. Every index is
 * one more page to write for every decision, so there are few.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    major: 1,
    minor: 0,
    sql: `
      create table decisions (
        seq integer primary key, id text not null unique, at real not null, tool text not null, actor text not null,
        session text, tenant text, result text not null, body text not null
      ) strict;
      create index decisions_by_session on decisions (session) where session is not null;
      create index decisions_by_tenant on decisions (tenant) where tenant is not null;

      create table executions (
        seq integer primary key, status text not null, at real not null, duration_ms real not null, error text
      ) strict;

      create table outcomes (seq integer primary key, decision_id text not null, body text not null) strict;
      create index outcomes_by_decision on outcomes (decision_id);

      create table approvals (
        seq integer primary key, id text not null unique, call_id text not null, tool text not null,
        digest text not null, actor text not null, session text, tenant text, policy_version text not null,
        body text not null
      ) strict;
      create index approvals_by_call on approvals (call_id, digest);

      create table windows (id integer primary key, key text not null unique, total real not null) strict;
      create table window_entries (
        window integer not null, expires real not null, amount real not null, primary key (window, expires)
      ) strict, without rowid;

      create table kill_switches (scope text primary key, body text not null) strict, without rowid;
    `,
  },
  {
    major: 2,
    minor: 0,
    sql: `
      create table receipts (
        seq integer primary key, key text not null unique, revision integer not null, status text not null,
        tool text not null, session text, tenant text, decision_id text not null, body text not null
      ) strict;
      create index receipts_by_session on receipts (session) where session is not null;
      create index receipts_unknown on receipts (seq) where status = 'unknown';

      create table grants (
        seq integer primary key, id text not null unique, revision integer not null, tool text not null,
        actor text not null, tenant text, expires_at real not null, usable integer not null, body text not null
      ) strict;
      create index grants_by_tool on grants (tool);

      create table audit (
        seq integer primary key, previous text not null, hash text not null, decision_id text, tenant text,
        body text not null, personal text
      ) strict;
      create index audit_by_decision on audit (decision_id) where decision_id is not null;

      alter table approvals rename to approvals_1;
      create table approvals (
        seq integer primary key, id text not null unique, revision integer not null, key text not null,
        policy_version text not null, status text not null, decision_id text not null, call_id text not null,
        tool text not null, actor text not null, session text, tenant text, body text not null,
        unique (key, policy_version)
      ) strict;
      insert into approvals
        select seq, id, 1, 'v1:' || id, policy_version, 'cancelled', body ->> '$.decisionId', call_id, tool, actor,
          session, tenant, json_set(body, '$.revision', 1, '$.key', 'v1:' || id, '$.expiresAt', body -> '$.at',
            '$.approver', 'inbox', '$.stages', json('[{"quorum":1}]'), '$.onExpiry', 'reject',
            '$.escalateTo', json('[]'), '$.votes', json('[]'), '$.status', 'cancelled',
            '$.resolvedAt', body -> '$.at', '$.by', 'countersign',
            '$.comment', 'Opened by a version of countersign in which nobody could answer it.')
        from approvals_1;
      drop table approvals_1;
      create index approvals_by_status on approvals (status);
      create index approvals_by_call on approvals (call_id);
      create index approvals_by_decision on approvals (decision_id);
      create index approvals_by_session on approvals (session) where session is not null;
      create index approvals_by_tenant on approvals (tenant) where tenant is not null;
    `,
  },
  {
    major: 2,
    minor: 1,
    sql: `
      create table outbox (
        seq integer primary key, id text not null unique, destination text not null, kind text not null,
        decision_id text not null, body text not null, at real not null, due real not null, attempts integer not null
      ) strict;
      create index outbox_by_due on outbox (destination, due);
    `,
  },
  {
    major: 2,
    minor: 2,
    sql: `
      create table lessons (
        seq integer primary key, decision_id text not null, tenant text, kind text not null, at real not null,
        body text not null
      ) strict;
      create table snapshots (name text primary key, seq integer not null, bytes blob not null) strict;
    `,
  },
  {
    major: 2,
    minor: 3,
    // The key is of tenant, kind and id: in a unique index, those of no tenant would all be different.
    sql: `
      create table documents (
        seq integer primary key, key text not null unique, kind text not null, id text not null, tenant text,
        revision integer not null, at real not null, ref text, due real, expires_at real, body text not null
      ) strict;
      create index documents_by_time on documents (kind, at);
      create index documents_by_tenant on documents (kind, tenant, at) where tenant is not null;
      create index documents_by_ref on documents (kind, ref, at) where ref is not null;
      create index documents_by_due on documents (kind, due) where due is not null;
      create index documents_by_expiry on documents (expires_at) where expires_at is not null;
    `,
  },
]

interface Identity {
  readonly application: number
  readonly version: number
  readonly tables: number
}

/**
 * Refuses a database that is not this package's, or whose schema this code is too old for.
 *
 * @throws GovernanceError `unsupported-schema`
 */
export function checkIdentity(database: SqliteLike, place: string): void {
  const { application, version, tables } = identify(database)
  if (application === 0 && version === 0 && tables === 0) return
  if (application !== APPLICATION_ID) {
    throw new GovernanceError(
      'unsupported-schema',
      `${place} is a SQLite database of another program (its application_id is ${application}); choose a file of its own for countersign.`,
    )
  }
  const known = MIGRATIONS.at(-1)?.major ?? 0
  if (Math.floor(version / MAJOR) > known) {
    throw new GovernanceError(
      'unsupported-schema',
      `${place} has schema ${written(version)}, and this version of countersign knows schemas up to ${known}.x. Update countersign, or choose another file.`,
    )
  }
}

/** Brings the schema up to date. Each step is one transaction that looks again once it has the lock: of many processes that start at once, one does it. */
export function migrate(database: SqliteLike, migrations: readonly Migration[] = MIGRATIONS): void {
  for (const migration of migrations) {
    const target = migration.major * MAJOR + migration.minor
    if (identify(database).version >= target) continue
    inTransaction(database, () => {
      if (identify(database).version >= target) return
      database.exec(migration.sql)
      database.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${target}`)
    })
  }
}

/** One statement, so that another process's migration is seen as a whole or not at all. */
function identify(database: SqliteLike): Identity {
  const sql = `select (select application_id from pragma_application_id) as application,
    (select user_version from pragma_user_version) as version, (select count(*) from sqlite_schema) as tables`
  return database.prepare(sql).get() as Identity
}

function written(version: number): string {
  return `${Math.floor(version / MAJOR)}.${version % MAJOR}`
}
