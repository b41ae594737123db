/** Beyond it, doubles no longer add up exactly: what is taken from such a total would leave a remainder behind. */
const EXACT = Number.MAX_SAFE_INTEGER

/** Functions on windows. */
export function windowFunctions(schema: string): string {
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
      -- Drawn once: in a condition it would be drawn anew for every row.
      place float8 := floor(random() * (select max(id) from ${schema}.windows));
    begin
      for found_window in
        select w.id, w.key from ${schema}.windows w
        where w.id >= place::bigint order by w.id limit 2 for update skip locked
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
