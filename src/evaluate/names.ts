/** Whether a name is on a list of names, `*` patterns and `!` exclusions. */
export type NameTest = (name: string | undefined) => boolean

/**
 * Compiles a list. With only exclusions, everything else is on it, an unknown name included; with inclusions, an
 * unknown name is not.
 */
export function compileNames(list: readonly string[]): NameTest {
  const included = list.filter(entry => !entry.startsWith('!')).map(compileName)
  const excluded = list.filter(entry => entry.startsWith('!')).map(entry => compileName(entry.slice(1)))
  return name => {
    if (name === undefined) return included.length === 0
    for (const test of excluded) if (test(name)) return false
    if (included.length === 0) return true
    for (const test of included) if (test(name)) return true
    return false
  }
}

function compileName(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return name => name === pattern
  const parts = pattern.split('*')
  return name => matchesParts(name, parts)
}

/** Greedy left-to-right match of the literals between stars; linear, as each literal is searched for once. */
function matchesParts(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false
  let from = first.length
  const end = name.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, from)
    if (found === -1 || found + part.length > end) return false
    from = found + part.length
  }
  return true
}
