import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const dist = fileURLToPath(new URL('../dist', import.meta.url))

/** A built file and all that importing it loads at once. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export|\})[^'"\n]*"(\.[^"]+)";$/gm)
  for (const [, name = ''] of imports) loadedWith(join(dirname(file), name), seen)
  return seen
}

it('importing countersign does not load what is worked out only when somebody asks', () => {
  const text = [...loadedWith(join(dist, 'index.js'))].map(file => readFileSync(file, 'utf8')).join('\n')
  const [, chunk = ''] = /import\("(\.\/workings-[^"]+)"\)/.exec(text) ?? []
  expect(text).toContain('// src/governor/insight.ts')
  expect(text).not.toContain('// src/learn/insight/tuning/')
  const later = [...loadedWith(join(dist, chunk))].map(file => readFileSync(file, 'utf8')).join('\n')
  expect(later).toContain('// src/learn/insight/tuning/')
})
