/** Beyond it, doubles no longer add up exactly: what is taken from such a total would leave a remainder behind. */
const EXACT = Number.MAX_SAFE_INTEGER

/**
 * The functions of schema 1.0: a commit is made on the server, in one round trip. Each statement in them sees what was
 * committed before it began, so what is read after a lock was waited for is as it is. Locks are taken in this order: the head of
 * the chain, windows by their key, approval, receipt, grant.
 */
export function functions(schema: string): string {
  return windowFunctions(schema) + revisionFunctions(schema) + commitFunctions(schema)
}

function windowFunctions(schema: string): string {
  return `
    -- Locks a window, rids it of what has left it, and says what it holds. Makes it where there is none.
    create function ${schema}.hold_window(wanted text, instant float8, owner text, out id bigint, out total float8, out made boolean)
    language plpgsql as $$
    declare
      gone float8;
    begin
      made := false;
      for attempt in 1 .. 10 loop
        select w.id, w.total into id, total from ${schema}.windows w where w.key = wanted for update;
        exit when found;
        insert into ${schema}.windows as w (key, tenant, total) values (wanted, owner, 0)
          on conflict (key) do nothing returning w.id, w.total into id, total;
        made := found;
        exit when found;
      end loop;
      if id is null then
        raise insufficient_privilege using message = 'a window of this name is kept for another tenant';
      end if;
      with dropped as (
        delete from ${schema}.window_entries e where e.window_id = hold_window.id and e.expires <= instant returning e.amount
      )
      select sum(amount) into gone from dropped;
      if gone is null then return; end if;
      if total > ${EXACT} then
        select coalesce(sum(e.amount), 0) into total from ${schema}.window_entries e where e.window_id = hold_window.id;
      else
        total := total - gone;
      end if;
      update ${schema}.windows w set total = hold_window.total where w.id = hold_window.id;
    end $$;

    -- A name nobody asks for again must not stay for ever: whoever adds a window looks after two others.
    create function ${schema}.sweep_windows(instant float8) returns void language plpgsql as $$
    declare
      found_window record;
    begin
      for found_window in
        select w.id, w.key from ${schema}.windows w
        where w.id >= floor(random() * (select max(id) from ${schema}.windows)) order by w.id limit 2 for update skip locked
      loop
        perform ${schema}.hold_window(found_window.key, instant, null);
        delete from ${schema}.windows w
          where w.id = found_window.id and not exists (select from ${schema}.window_entries e where e.window_id = w.id);
      end loop;
    end $$;

    -- The first window without room. Written so that an amount that is not a number has no room anywhere.
    create function ${schema}.full_window(spends jsonb, instant float8, owner text, out key text, out made boolean)
    language plpgsql as $$
    declare
      spend record;
      held record;
      first bigint;
    begin
      made := false;
      for spend in
        select s.value ->> 'key' as key, (s.value ->> 'amount')::float8 as amount, (s.value ->> 'max')::float8 as max, s.place
        from jsonb_array_elements(spends) with ordinality as s (value, place) order by 1
      loop
        held := ${schema}.hold_window(spend.key, instant, owner);
        made := made or held.made;
        if not (held.total + spend.amount <= spend.max) and (first is null or spend.place < first) then
          first := spend.place;
          key := spend.key;
        end if;
      end loop;
    end $$;

    create function ${schema}.spend(spends jsonb) returns void language plpgsql as $$
    begin
      insert into ${schema}.window_entries as e (window_id, tenant, expires, amount)
        select w.id, w.tenant, s.expires, s.amount
        from jsonb_to_recordset(spends) as s (key text, expires float8, amount float8) join ${schema}.windows w using (key)
        on conflict (window_id, expires) do update set amount = e.amount + excluded.amount;
      update ${schema}.windows w set total = w.total + s.amount
        from jsonb_to_recordset(spends) as s (key text, amount float8) where w.key = s.key;
    end $$;
  `
}

function revisionFunctions(schema: string): string {
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

function commitFunctions(schema: string): string {
  return `
    create function ${schema}.append(entries jsonb, wanted text, instant float8, owner text) returns void language plpgsql as $$
    begin
      insert into ${schema}.audit (log, seq, tenant, names_tenant, at, previous, hash, decision_id, body, personal)
        select wanted, e.seq, coalesce(e.tenant, owner), e.tenant is not null, instant, e.previous, e.hash, e.decision, e.body, e.personal
        from jsonb_to_recordset(entries) as e
          (seq bigint, tenant text, previous text, hash text, decision text, body text, personal text);
      update ${schema}.chains set seq = (entries -> -1 ->> 'seq')::bigint, hash = entries -> -1 ->> 'hash' where log = wanted;
    end $$;

    -- Who waits is told when an approval is written again, and when an effect no longer runs.
    create function ${schema}.tell(key text) returns void language plpgsql as $$
    begin
      -- Longer than that is no message: nobody knows then what changed, but that something did.
      perform pg_notify('${channelOf(schema)}', case when octet_length(key) < 7000 then key else '' end);
    end $$;

    -- Makes one commit as a whole and answers nothing; or finds something in its way, writes nothing of it and says what.
    create function ${schema}.commit_one(item jsonb, wanted text) returns jsonb language plpgsql as $$
    declare
      instant float8 := (item ->> 'at')::float8;
      bound text := nullif(current_setting('countersign.tenant', true), '');
      owner text := coalesce(item ->> 'tenant', bound);
      a jsonb := item -> 'approval';
      r jsonb := item -> 'receipt';
      g jsonb := item -> 'grant';
      parts integer := (a is not null)::integer + (r is not null)::integer + (g is not null)::integer;
      full_key text;
      made boolean := false;
      clash text;
    begin
      if item ? 'spends' then
        select w.key, w.made into full_key, made from ${schema}.full_window(item -> 'spends', instant, owner) w;
      end if;
      if parts > 1 or full_key is not null then clash := ${schema}.conflict(a, r, g); end if;
      if clash is null and full_key is null then
        if a is not null and not ${schema}.put_approval(a, bound, instant) then
          clash := 'approval';
        elsif r is not null and not ${schema}.put_receipt(r, bound, instant) then
          clash := 'receipt';
        elsif g is not null and not ${schema}.put_grant(g, bound, instant) then
          clash := 'grant';
        end if;
        if clash is not null and parts > 1 then
          raise serialization_failure using message = 'somebody came in between';
        end if;
      end if;
      if clash is not null or full_key is not null then
        if exists (select from ${schema}.decisions where id = item -> 'decision' ->> 'id') then
          raise unique_violation using message = format('there is a decision "%s" already', item -> 'decision' ->> 'id');
        end if;
        return case when clash is null then jsonb_build_object('exceeded', full_key) else jsonb_build_object('conflict', clash) end;
      end if;
      perform ${schema}.write_rest(item, instant, bound, owner);
      if item ? 'spends' then
        perform ${schema}.spend(item -> 'spends');
        if made then perform ${schema}.sweep_windows(instant); end if;
      end if;
      if item ? 'audit' then perform ${schema}.append(item -> 'audit', wanted, instant, bound); end if;
      if a ->> 'revision' <> '1' then perform ${schema}.tell(a ->> 'id'); end if;
      if r ->> 'revision' <> '1' and r ->> 'status' <> 'started' then perform ${schema}.tell(r ->> 'key'); end if;
      return null;
    end $$;

    create function ${schema}.write_rest(item jsonb, instant float8, bound text, owner text) returns void language plpgsql as $$
    declare
      d jsonb := item -> 'decision';
      x jsonb := item -> 'execution';
      o jsonb := item -> 'outcome';
    begin
      if d is not null then
        insert into ${schema}.decisions (id, tenant, at, tool, actor, session, result, body)
          values (d ->> 'id', coalesce(d ->> 'tenant', bound), (d ->> 'at')::float8, d ->> 'tool', d ->> 'actor', d ->> 'session',
            d ->> 'result', d ->> 'body');
      end if;
      if x is not null then
        insert into ${schema}.executions (seq, tenant, status, body)
          select seq, tenant, x ->> 'status', x ->> 'body' from ${schema}.decisions where id = x ->> 'decision'
          on conflict (seq) do update set status = excluded.status, body = excluded.body;
      end if;
      if o is not null then
        insert into ${schema}.outcomes (decision_id, tenant, body)
          select id, tenant, o ->> 'body' from ${schema}.decisions where id = o ->> 'decision';
      end if;
      if item ? 'outbox' then
        insert into ${schema}.outbox (id, destination, kind, decision_id, tenant, body, at, due, attempts)
          select i.value ->> 'id', i.value ->> 'destination', i.value ->> 'kind', i.value ->> 'decision',
            coalesce(owner, (select tenant from ${schema}.decisions where id = i.value ->> 'decision')), i.value ->> 'body',
            (i.value ->> 'at')::float8, (i.value ->> 'at')::float8, 0
          from jsonb_array_elements(item -> 'outbox') with ordinality as i (value, place) order by i.place;
      end if;
    end $$;

    -- Makes commits in their order, up to the first that something is in the way of. Entries of the audit log come sealed: where
    -- the head they were sealed to is the head no longer, nothing is made.
    create function ${schema}.commit(commits jsonb, wanted text, head_seq bigint, head_hash text) returns jsonb language plpgsql as $$
    declare
      item jsonb;
      verdict jsonb;
      made integer := 0;
    begin
      if wanted is not null then
        perform from ${schema}.chains c where c.log = wanted and c.seq = head_seq and c.hash = head_hash for update;
        if not found then return '{"stale": true}'; end if;
      end if;
      for item in select value from jsonb_array_elements(commits) loop
        verdict := ${schema}.commit_one(item, wanted);
        exit when verdict is not null;
        made := made + 1;
      end loop;
      return jsonb_build_object('made', made, 'verdict', verdict);
    end $$;
  `
}

/** Where those who wait are told of what was written. */
export function channelOf(schema: string): string {
  return `${schema.replaceAll('"', '')}_written`
}
