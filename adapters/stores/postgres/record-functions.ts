import { channelOf } from './channel.js'

/** Functions on what is appended, and on who is told. */
export function recordFunctions(schema: string): string {
  return `
    create function ${schema}.append(entries jsonb, wanted text, instant float8, owner text) returns void language plpgsql as $$
    begin
      insert into ${schema}.audit (log, seq, tenant, names_tenant, at, previous, hash, decision_id, body, personal)
        select wanted, e.seq, coalesce(e.tenant, owner), e.tenant is not null, instant, e.previous, e.hash, e.decision, e.body, e.personal
        from jsonb_to_recordset(entries) as e
          (seq bigint, tenant text, previous text, hash text, decision text, body text, personal text);
      update ${schema}.chains set seq = (entries -> -1 ->> 'seq')::bigint, hash = entries -> -1 ->> 'hash' where log = wanted;
    end $$;

    -- The head of a chain, which nobody else moves until the transaction ends. Makes the chain where there is none.
    create function ${schema}.lock_head(wanted text, out seq bigint, out hash text) language plpgsql as $$
    begin
      for attempt in 1 .. 10 loop
        select c.seq, c.hash into seq, hash from ${schema}.chains c where c.log = wanted for update;
        exit when found;
        insert into ${schema}.chains (log, tenant, seq, hash)
          values (wanted, nullif(current_setting('countersign.tenant', true), ''), 0, repeat('0', 64))
          on conflict (log) do nothing;
      end loop;
      if seq is null then
        raise insufficient_privilege using message = 'the chain of this store cannot be seen';
      end if;
    end $$;

    -- Who waits is told when an approval is written again, and when an effect no longer runs.
    create function ${schema}.tell(key text) returns void language plpgsql as $$
    begin
      -- Longer than that is no message: nobody knows then what changed, but that something did.
      perform pg_notify('${channelOf(schema)}', case when octet_length(key) < 7000 then key else '' end);
    end $$;

    -- Until the transaction ends nobody else adds lessons: their numbers are given in the order in which they can be seen.
    create function ${schema}.lock_lessons() returns void language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(hashtextextended('countersign lessons ' || '${schema}', 0));
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
      if item ? 'lessons' then
        insert into ${schema}.lessons (decision_id, tenant, names_tenant, kind, at, body)
          select l.value ->> 'decision',
            coalesce(l.value ->> 'tenant', owner, (select tenant from ${schema}.decisions where id = l.value ->> 'decision')),
            l.value ->> 'tenant' is not null, l.value ->> 'kind', (l.value ->> 'at')::float8, l.value ->> 'body'
          from jsonb_array_elements(item -> 'lessons') with ordinality as l (value, place) order by l.place;
      end if;
      if item ? 'outbox' then
        insert into ${schema}.outbox (id, destination, kind, decision_id, tenant, body, at, due, attempts)
          select i.value ->> 'id', i.value ->> 'destination', i.value ->> 'kind', i.value ->> 'decision',
            coalesce(owner, (select tenant from ${schema}.decisions where id = i.value ->> 'decision')), i.value ->> 'body',
            (i.value ->> 'at')::float8, (i.value ->> 'at')::float8, 0
          from jsonb_array_elements(item -> 'outbox') with ordinality as i (value, place) order by i.place;
      end if;
    end $$;
  `
}
