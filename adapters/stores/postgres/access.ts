import { invalid } from './errors.js'
import type { ClientLike } from './pool-like.js'

interface Access {
  readonly role: string
  /** Whether row level security does not apply to the role. */
  readonly passes: string
  readonly owns: string
}

/**
 * Makes sure that a role sees what the store needs, and nothing else: without a tenant all rows, with one the rows of that one.
 *
 * @throws GovernanceError `invalid-option` where row level security would isolate nothing, or hide everything
 */
export async function checkAccess(client: ClientLike, schema: string, tenant: string | undefined): Promise<void> {
  const { rows } = await client.query({
    text: `select current_user as role, (r.rolsuper or r.rolbypassrls)::text as passes,
        pg_has_role(r.oid, c.relowner, 'usage')::text as owns
      from pg_roles r, pg_class c where r.rolname = current_user and c.oid = to_regclass($1)`,
    values: [`"${schema}".decisions`],
  })
  const [access] = rows as Access[]
  if (access === undefined) throw invalid(`the tables of schema "${schema}" cannot be found`)
  const { role, passes, owns } = access
  if (tenant !== undefined && passes === 'true') {
    throw invalid(
      `option \`tenant\`: row level security does not apply to the role "${role}" (it is a superuser, or has BYPASSRLS), so tenants would not be isolated; connect as another role`,
    )
  }
  if (tenant === undefined && passes !== 'true' && owns !== 'true') {
    throw invalid(
      `the role "${role}" does not own the tables of schema "${schema}", and sees the rows of one tenant only; set option \`tenant\`, or connect as their owner`,
    )
  }
}
