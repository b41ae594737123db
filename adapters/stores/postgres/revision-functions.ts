/** Functions on what is written by compare-and-swap. */
export function revisionFunctions(schema: string): string {
  return `
    -- Compare-and-swap: whether a record was written, as the first of its id or in the place of the revision before.
    create function ${schema}.put_approval(a jsonb, owner text, instant float8) returns boolean language plpgsql as $$
    begin
      if a ->> 'revision' = '1' then
        insert into ${schema}.approvals
          (id, revision, key, policy, status, decision_id, call_id, tool, actor, session, tenant, at, body)
          values (a ->> 'id', 1, a ->> 'key', a ->> 'policy', a ->> 'status', a ->> 'decision', a ->> 'call', a ->> 'tool',
            a ->> 'actor', a ->> 'session', coalesce(a ->> 'tenant', owner), instant, a ->> 'body')
          on conflict do nothing;
      else
        update ${schema}.approvals
          set revision = (a ->> 'revision')::bigint, status = a ->> 'status', at = instant, body = a ->> 'body'
          where id = a ->> 'id' and revision = (a ->> 'revision')::bigint - 1
            and key = a ->> 'key' and policy = a ->> 'policy';
      end if;
      return found;
    end $$;

    create function ${schema}.put_receipt(r jsonb, owner text, instant float8) returns boolean language plpgsql as $$
    begin
      if r ->> 'revision' = '1' then
        insert into ${schema}.receipts (key, revision, status, tool, session, tenant, decision_id, at, body)
          values (r ->> 'key', 1, r ->> 'status', r ->> 'tool', r ->> 'session', coalesce(r ->> 'tenant', owner),
            r ->> 'decision', instant, r ->> 'body')
          on conflict do nothing;
      else
        update ${schema}.receipts
          set revision = (r ->> 'revision')::bigint, status = r ->> 'status', decision_id = r ->> 'decision', at = instant,
            body = r ->> 'body'
          where key = r ->> 'key' and revision = (r ->> 'revision')::bigint - 1;
      end if;
      return found;
    end $$;

    create function ${schema}.put_grant(g jsonb, owner text, instant float8) returns boolean language plpgsql as $$
    begin
      if g ->> 'revision' = '1' then
        insert into ${schema}.grants
          (id, revision, tool, actor, tenant, expires_at, usable, approval_id, at, body)
          values (g ->> 'id', 1, g ->> 'tool', g ->> 'actor', coalesce(g ->> 'tenant', owner),
            (g ->> 'expires')::float8, (g ->> 'usable')::boolean, g ->> 'approval', instant, g ->> 'body')
          on conflict do nothing;
      else
        update ${schema}.grants
          set revision = (g ->> 'revision')::bigint, expires_at = (g ->> 'expires')::float8,
            usable = (g ->> 'usable')::boolean, at = instant, body = g ->> 'body'
          where id = g ->> 'id' and revision = (g ->> 'revision')::bigint - 1;
      end if;
      return found;
    end $$;

    -- What somebody else has written, looked for before anything is: only where more than one thing could be in the way.
    create function ${schema}.conflict(a jsonb, r jsonb, g jsonb) returns text language plpgsql as $$
    declare
      known bigint;
    begin
      if a is not null then
        select x.revision into known from ${schema}.approvals x where x.id = a ->> 'id' for update;
        if coalesce(known, 0) + 1 <> (a ->> 'revision')::bigint then return 'approval'; end if;
        if exists (select from ${schema}.approvals x where x.key = a ->> 'key' and x.policy = a ->> 'policy' and x.id <> a ->> 'id')
          then return 'approval'; end if;
        if known is not null and not exists (
          select from ${schema}.approvals x where x.id = a ->> 'id' and x.key = a ->> 'key' and x.policy = a ->> 'policy'
        ) then return 'approval'; end if;
      end if;
      if r is not null then
        select x.revision into known from ${schema}.receipts x where x.key = r ->> 'key' for update;
        if not found then known := 0; end if;
        if known + 1 <> (r ->> 'revision')::bigint then return 'receipt'; end if;
      end if;
      if g is not null then
        select x.revision into known from ${schema}.grants x where x.id = g ->> 'id' for update;
        if not found then known := 0; end if;
        if known + 1 <> (g ->> 'revision')::bigint then return 'grant'; end if;
      end if;
      return null;
    end $$;
  `
}
