import { documentFunctions, documentTables } from './document-schema.js'
import { functions } from './functions.js'
import { policies, protect, tables } from './schema.js'

/** A step of the schema. A new minor can be read and written by older code of the same major; a new major cannot. */
export interface Migration {
  readonly major: number
  readonly minor: number
  /** What it does, for a schema whose name is quoted. */
  readonly sql: (schema: string) => string
}

/** Forward only: a step that was released is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { major: 1, minor: 0, sql: schema => tables(schema) + policies(schema) + functions(schema) },
  {
    major: 1,
    minor: 1,
    sql: schema => documentTables(schema) + protect(schema, 'documents') + documentFunctions(schema),
  },
]
