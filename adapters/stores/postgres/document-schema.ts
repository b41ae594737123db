/** Schema 1.1: documents. The key is of tenant, kind and id, so that those of no tenant are unique too. */
export function documentTables(schema: string): string {
  return `
    create table ${schema}.documents (
      seq bigint generated always as identity primary key, key text collate "C" not null unique,
      kind text collate "C" not null, id text collate "C" not null, tenant text collate "C", names_tenant boolean not null,
      revision bigint not null, at float8 not null, ref text collate "C", due float8, expires_at float8, body text not null
    );
    create index documents_by_time on ${schema}.documents (kind, at, seq);
    create index documents_by_tenant on ${schema}.documents (kind, tenant, at, seq) where tenant is not null;
    create index documents_by_ref on ${schema}.documents (kind, ref, at, seq) where ref is not null;
    create index documents_by_due on ${schema}.documents (kind, due) where due is not null;
    create index documents_by_expiry on ${schema}.documents (expires_at) where expires_at is not null;
  `
}

/** A commit with documents is made around one as schema 1.0 makes it; one without them is made as before. */
export function documentFunctions(schema: string): string {
  return `
    -- Compare-and-swap: whether a document was written, or removed. One that has expired is as if it were not there.
    create function ${schema}.put_document(d jsonb, owner text, instant float8) returns boolean language plpgsql as $$
    begin
      if d ->> 'revision' = '1' then
        delete from ${schema}.documents where key = d ->> 'key' and expires_at <= instant;
        if d ->> 'body' is null then
          return not exists (select from ${schema}.documents where key = d ->> 'key');
        end if;
        insert into ${schema}.documents
          (key, kind, id, tenant, names_tenant, revision, at, ref, due, expires_at, body)
          values (d ->> 'key', d ->> 'kind', d ->> 'id', coalesce(d ->> 'tenant', owner), d ->> 'tenant' is not null, 1,
            (d ->> 'at')::float8, d ->> 'ref', (d ->> 'due')::float8, (d ->> 'expires')::float8, d ->> 'body')
          on conflict do nothing;
      elsif d ->> 'body' is null then
        delete from ${schema}.documents where key = d ->> 'key' and revision = (d ->> 'revision')::bigint - 1
          and (expires_at is null or expires_at > instant);
      else
        update ${schema}.documents
          set revision = (d ->> 'revision')::bigint, ref = d ->> 'ref', due = (d ->> 'due')::float8,
            expires_at = (d ->> 'expires')::float8, body = d ->> 'body'
          where key = d ->> 'key' and revision = (d ->> 'revision')::bigint - 1
            and (expires_at is null or expires_at > instant);
      end if;
      return found;
    end $$;

    alter function ${schema}.commit_one(jsonb, text) rename to commit_records;

    create function ${schema}.commit_one(item jsonb, wanted text) returns jsonb language plpgsql as $$
    declare
      instant float8 := (item ->> 'at')::float8;
      bound text := nullif(current_setting('countersign.tenant', true), '');
      document jsonb;
      verdict jsonb;
    begin
      if not item ? 'documents' then return ${schema}.commit_records(item, wanted); end if;
      -- What is raised in here takes back what was written in here.
      begin
        for document in select value from jsonb_array_elements(item -> 'documents') loop
          if not ${schema}.put_document(document, bound, instant) then
            verdict := '{"conflict": "document"}';
            raise exception using errcode = 'CSDOC';
          end if;
        end loop;
        verdict := ${schema}.commit_records(item, wanted);
        if verdict is not null then raise exception using errcode = 'CSDOC'; end if;
      exception when sqlstate 'CSDOC' then
        if exists (select from ${schema}.decisions where id = item -> 'decision' ->> 'id') then
          raise unique_violation using message = format('there is a decision "%s" already', item -> 'decision' ->> 'id');
        end if;
      end;
      return verdict;
    end $$;
  `
}
