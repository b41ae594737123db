import { chain, sha256 } from '../../ambient.js'
import { readJson } from '../../encoding.js'
import type { Awaitable } from '../../types.js'

/** 132 random bits in base64url. */
const SALT = /^[\w-]{22}$/

/** What became of the personal values of an entry. */
export type PersonalCheck =
  | {
      readonly ok: true
      /** Fields that are no longer there. */
      readonly gone: readonly string[]
    }
  | { readonly ok: false; readonly message: string }

/** Compares the personal values of an entry with what was committed to. */
export function checkPersonal(
  commits: Readonly<Record<string, unknown>>,
  personal: string | undefined,
): Awaitable<PersonalCheck> {
  const values = readPersonal(personal)
  if (values === undefined) return { ok: false, message: 'its personal fields cannot be read' }
  // Compared as texts: a second spelling of the same values would be a change nobody could explain.
  const isKept = personal === undefined || (writePersonal(values) === personal && Object.keys(commits).length > 0)
  if (!isKept) return { ok: false, message: 'its personal fields were written anew' }
  const gone = Object.keys(commits).filter(name => !values.has(name))
  let problem: Awaitable<string | undefined>
  for (const [name, kept] of values) {
    problem = chain(problem, known => known ?? checkField(commits, name, kept))
  }
  return chain(problem, message => (message === undefined ? { ok: true, gone } : { ok: false, message }))
}

function checkField(
  commits: Readonly<Record<string, unknown>>,
  name: string,
  kept: readonly unknown[],
): Awaitable<string | undefined> {
  const [salt, value] = kept
  if (!Object.hasOwn(commits, name)) return `its field "${name}" was added`
  // A salt of another length could take over the first characters of the value.
  if (typeof salt !== 'string' || !SALT.test(salt) || kept.length !== 2) return `its field "${name}" was changed`
  return chain(sha256(salt + JSON.stringify(value)), hash =>
    hash === commits[name] ? undefined : `its field "${name}" was changed`,
  )
}

/** The personal values of an entry, with their salts, by name; `undefined` where the text holds none such. */
export function readPersonal(personal: string | undefined): ReadonlyMap<string, readonly unknown[]> | undefined {
  if (personal === undefined) return new Map()
  const parsed = readJson(personal)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const fields = Object.entries(parsed as Readonly<Record<string, unknown>>)
  return fields.every(([, kept]) => Array.isArray(kept)) ? new Map(fields as [string, unknown[]][]) : undefined
}

function writePersonal(values: ReadonlyMap<string, readonly unknown[]>): string {
  return `{${Array.from(values, ([name, kept]) => `${JSON.stringify(name)}:${JSON.stringify(kept)}`).join(',')}}`
}
