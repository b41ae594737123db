import { recordFunctions } from './record-functions.js'
import { revisionFunctions } from './revision-functions.js'
import { windowFunctions } from './window-functions.js'

/**
 * The functions of schema 1.0: a commit is made on the server, in one round trip. Each statement in them sees what was
 * committed before it began, so what is read after a lock was waited for is as it is. Locks are taken in this order: the head of
 * the chain, the end of the lessons, windows by their key, approval, receipt, grant.
 */
export function functions(schema: string): string {
  return windowFunctions(schema) + revisionFunctions(schema) + recordFunctions(schema) + commitFunctions(schema)
}

function commitFunctions(schema: string): string {
  return `
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
      if jsonb_path_exists(commits, '$[*].lessons') then perform ${schema}.lock_lessons(); end if;
      for item in select value from jsonb_array_elements(commits) loop
        verdict := ${schema}.commit_one(item, wanted);
        exit when verdict is not null;
        made := made + 1;
      end loop;
      return jsonb_build_object('made', made, 'verdict', verdict);
    end $$;
  `
}
