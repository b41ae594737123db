/** Tables whose rows belong to a tenant, and are seen by it alone. */
const OF_TENANTS = [
  'decisions',
  'executions',
  'outcomes',
  'approvals',
  'receipts',
  'grants',
  'windows',
  'window_entries',
  'chains',
  'audit',
  'outbox',
  'lessons',
  'snapshots',
]
const BOUND_TO = `nullif(current_setting('countersign.tenant', true), '')`

/**
 * The tables of schema 1.0. Ids and keys are compared byte by byte. Records are kept as the JSON they came as; beside it stands
 * what is asked for. Every index is one more page to write for every decision, so there are few; those by time are of the
 * kind that costs next to nothing.
 */
export function tables(schema: string): string {
  return `
    create table ${schema}.decisions (
      seq bigint generated always as identity primary key, id text collate "C" not null unique,
      tenant text collate "C", at float8 not null, tool text collate "C" not null, actor text collate "C" not null,
      session text collate "C", result text not null, body text not null
    );
    create index decisions_by_session on ${schema}.decisions (session, seq) where session is not null;
    create index decisions_by_tenant on ${schema}.decisions (tenant, seq) where tenant is not null;
    create index decisions_by_time on ${schema}.decisions using brin (at);

    create table ${schema}.executions (
      seq bigint primary key, tenant text collate "C", status text not null, body text not null
    );

    create table ${schema}.outcomes (
      seq bigint generated always as identity primary key, decision_id text collate "C" not null,
      tenant text collate "C", body text not null
    );
    create index outcomes_by_decision on ${schema}.outcomes (decision_id);

    create table ${schema}.approvals (
      seq bigint generated always as identity primary key, id text collate "C" not null unique,
      revision bigint not null, key text collate "C" not null, policy text collate "C" not null, status text not null,
      decision_id text collate "C" not null, call_id text collate "C" not null, tool text collate "C" not null,
      actor text collate "C" not null, session text collate "C", tenant text collate "C", at float8 not null,
      body text not null, unique (key, policy)
    );
    create index approvals_by_status on ${schema}.approvals (status, seq);
    create index approvals_by_call on ${schema}.approvals (call_id);
    create index approvals_by_decision on ${schema}.approvals (decision_id);
    create index approvals_by_session on ${schema}.approvals (session, seq) where session is not null;
    create index approvals_by_tenant on ${schema}.approvals (tenant, seq) where tenant is not null;

    create table ${schema}.receipts (
      seq bigint generated always as identity primary key, key text collate "C" not null unique,
      revision bigint not null, status text not null, tool text collate "C" not null, session text collate "C",
      tenant text collate "C", decision_id text collate "C" not null, at float8 not null, body text not null
    );
    create index receipts_by_session on ${schema}.receipts (session, seq) where session is not null;
    create index receipts_open on ${schema}.receipts (decision_id) where status in ('claimed', 'started', 'unknown');
    create index receipts_by_time on ${schema}.receipts using brin (at);

    create table ${schema}.grants (
      seq bigint generated always as identity primary key, id text collate "C" not null unique,
      revision bigint not null, tool text collate "C" not null, actor text collate "C" not null,
      tenant text collate "C", expires_at float8 not null, usable boolean not null, approval_id text collate "C",
      at float8 not null, body text not null
    );
    create index grants_by_tool on ${schema}.grants (tool, seq);
    create index grants_by_approval on ${schema}.grants (approval_id) where approval_id is not null;

    create table ${schema}.kill_switches (scope text collate "C" primary key, tenant text collate "C", body text not null);

    create table ${schema}.windows (
      id bigint generated always as identity primary key, key text collate "C" not null unique,
      tenant text collate "C", total float8 not null
    );
    create table ${schema}.window_entries (
      window_id bigint not null, expires float8 not null, amount float8 not null, tenant text collate "C",
      primary key (window_id, expires)
    );

    create table ${schema}.chains (
      log text collate "C" primary key, tenant text collate "C", seq bigint not null, hash text not null
    );
    create table ${schema}.audit (
      log text collate "C" not null, seq bigint not null, tenant text collate "C", names_tenant boolean not null,
      at float8 not null, previous text not null, hash text not null, decision_id text collate "C", body text not null,
      personal text, primary key (log, seq)
    );
    create index audit_by_decision on ${schema}.audit (decision_id) where decision_id is not null;

    create table ${schema}.outbox (
      seq bigint generated always as identity primary key, id text collate "C" not null unique,
      destination text collate "C" not null, kind text not null, decision_id text collate "C" not null,
      tenant text collate "C", body text not null, at float8 not null, due float8 not null, attempts integer not null
    );
    create index outbox_by_due on ${schema}.outbox (destination, due);

    create table ${schema}.lessons (
      seq bigint generated always as identity primary key, decision_id text collate "C" not null,
      tenant text collate "C", names_tenant boolean not null, kind text not null, at float8 not null, body text not null
    );
    create table ${schema}.snapshots (
      key text collate "C" primary key, tenant text collate "C", seq bigint not null, bytes bytea not null
    );
  `
}

/**
 * Who sees which rows. The role that owns the tables sees all, until a transaction of its own is bound to a tenant; any other
 * role sees the rows of the tenant its transaction is bound to, and none without. A switch of no tenant stops all tenants,
 * so all of them see it.
 */
export function policies(schema: string): string {
  return `${[...OF_TENANTS, 'kill_switches'].map(table => protect(schema, table)).join('')}
    create policy of_all_tenants on ${schema}.kill_switches for select using (tenant is null);
  `
}

/** The policies of one table, as {@link policies} has them. */
export function protect(schema: string, table: string): string {
  return `
    alter table ${schema}.${table} enable row level security;
    alter table ${schema}.${table} force row level security;
    create policy of_the_owner on ${schema}.${table} to current_user
      using (${BOUND_TO} is null or tenant = ${BOUND_TO});
    create policy of_a_tenant on ${schema}.${table} using (tenant = ${BOUND_TO});
  `
}
