import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = (folder: string): string[] => globSync(`${folder}/**/*.ts`, { cwd: root }).toSorted()

/** What a file imports, types included, however it is written. */
const importsOf = (file: string): string[] => {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire(?:Package)?\(\s*)'([\w@./:-]+)'/g)].map(
    ([, name = '']) => name,
  )
}
/** A relative import as a path from the root. */
const resolved = (file: string, name: string): string =>
  relative(root, join(root, dirname(file), name)).replace(/\.js$/, '.ts')

/** In the order data flows; each may import itself and what is before it. */
const STAGES = ['capture', 'evaluate', 'enforce', 'execute', 'report', 'learn']
/** What every stage may use. */
const NOUNS = [
  'src/ambient.ts',
  'src/approval.ts',
  'src/audit-entry.ts',
  'src/canonical.ts',
  'src/check.ts',
  'src/duration.ts',
  'src/ed25519.ts',
  'src/encoding.ts',
  'src/errors.ts',
  'src/jws.ts',
  'src/node.ts',
  'src/receipt.ts',
  'src/recent-map.ts',
  'src/tagged.ts',
  'src/types.ts',
  'src/tool-profile.ts',
  'src/version.ts',
  'src/wakeups.ts',
  'src/store/document.ts',
  'src/store/store.ts',
]
/** What is loaded late; whoever needs it asks for it with `import()`. */
const LATE = 'src/later.ts'
const ROOTS = ['src/index.ts', LATE]
/** The packages the core is made with. */
const PACKAGES = new Set(['cockatiel', 're2js', 'yaml'])
const FRAMEWORKS =
  /^(ai|openai|langchain|zod|hono|pg)($|[/-])|^@(ai-sdk|langchain|modelcontextprotocol|opentelemetry)\//

const core = sources('src').filter(file => !file.startsWith('src/testing/'))
const adapters = sources('adapters')
const violations = (files: readonly string[], isAllowed: (file: string, name: string) => boolean): string[] =>
  files.flatMap(file =>
    importsOf(file)
      .filter(name => !isAllowed(file, name))
      .map(name => `${file} imports ${name}`),
  )

describe('the import rules', () => {
  it('see what they are about', () => {
    expect(core.length).toBeGreaterThan(30)
    expect(adapters.length).toBeGreaterThan(5)
    expect(importsOf('src/evaluate/regex.ts').toSorted()).toEqual(['../node.js', 're2js', 're2js', 're2js'])
    expect(importsOf('src/store/default.ts')).toContain('countersign/stores/sqlite')
  })

  it('a stage imports itself, earlier stages, the nouns and the way to a service', () => {
    const allowed = (file: string, name: string): boolean => {
      if (!name.startsWith('.')) return PACKAGES.has(name)
      const target = resolved(file, name)
      const stage = STAGES.indexOf(file.split('/')[1] ?? '')
      const isShared = NOUNS.includes(target) || target === LATE || target.startsWith('src/service/')
      return isShared || STAGES.slice(0, stage + 1).some(earlier => target.startsWith(`src/${earlier}/`))
    }
    const staged = core.filter(file => STAGES.includes(file.split('/')[1] ?? ''))
    expect(staged.length).toBeGreaterThan(20)
    expect(violations(staged, allowed)).toEqual([])
  })

  it('the nouns import nouns', () => {
    const allowed = (file: string, name: string): boolean => NOUNS.includes(resolved(file, name))
    expect(violations(NOUNS, allowed)).toEqual([])
  })

  it('a store imports nouns and what is beside it', () => {
    const allowed = (file: string, name: string): boolean => {
      const target = resolved(file, name)
      const isDefault = file === 'src/store/default.ts' && name === 'countersign/stores/sqlite'
      return isDefault || NOUNS.includes(target) || target.startsWith('src/store/')
    }
    expect(
      violations(
        core.filter(file => file.startsWith('src/store/')),
        allowed,
      ),
    ).toEqual([])
  })

  it('the way to a service imports nouns and what is beside it', () => {
    const allowed = (file: string, name: string): boolean => {
      const target = resolved(file, name)
      return name === 'cockatiel' || NOUNS.includes(target) || target.startsWith('src/service/')
    }
    const service = core.filter(file => file.startsWith('src/service/'))
    expect(service.length).toBeGreaterThan(5)
    expect(violations(service, allowed)).toEqual([])
  })

  it('the way to models imports nouns, the way to a service, the windows of the memory store and what is beside it', () => {
    const allowed = (file: string, name: string): boolean => {
      const target = resolved(file, name)
      const isShared = NOUNS.includes(target) || ['src/store/windows.ts', LATE].includes(target)
      return isShared || target.startsWith('src/service/') || target.startsWith('src/provider/')
    }
    const provider = core.filter(file => file.startsWith('src/provider/'))
    expect(provider.length).toBeGreaterThan(15)
    expect(violations(provider, allowed)).toEqual([])
  })

  it('nothing but the public entry, and what is loaded late, imports the way to models', () => {
    const others = core.filter(file => !ROOTS.includes(file) && !file.startsWith('src/provider/'))
    expect(violations(others, (file, name) => !resolved(file, name).startsWith('src/provider/'))).toEqual([])
  })

  it('only nouns, the public entry and what is loaded late stand at the top, and only the composition root outside of the stages', () => {
    const outside = core.filter(file => file.split('/').length === 2 && !NOUNS.includes(file))
    expect(outside).toEqual(ROOTS)
    const folders = new Set(core.filter(file => file.split('/').length > 2).map(file => file.split('/')[1]))
    expect([...folders].filter(folder => folder === undefined || !STAGES.includes(folder))).toEqual([
      'governor',
      'provider',
      'service',
      'store',
    ])
  })

  it('nothing but the public entry, and what is loaded late, imports the composition root', () => {
    const others = core.filter(file => !ROOTS.includes(file) && !file.startsWith('src/governor/'))
    expect(violations(others, (file, name) => !resolved(file, name).startsWith('src/governor/'))).toEqual([])
  })

  it('the core imports no Node module, no framework and no package but its own few', () => {
    const allowed = (_file: string, name: string): boolean =>
      name.startsWith('.') || PACKAGES.has(name) || name === 'countersign/stores/sqlite'
    expect(violations(core, allowed)).toEqual([])
    expect(
      core.filter(file => importsOf(file).some(name => name.startsWith('node:') || FRAMEWORKS.test(name))),
    ).toEqual([])
  })

  it('what is loaded late is loaded late', () => {
    const namers = core.filter(file => importsOf(file).some(name => resolved(file, name) === LATE))
    expect(namers.length).toBeGreaterThan(3)
    const statically = /(?:^import|^export|\bfrom)\s(?!type)[^(]*'[./]+later\.js'/m
    expect(namers.filter(file => statically.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })

  it('the YAML reader, the pattern engine and the resilience library are loaded only where they are needed', () => {
    const statically = (name: string): string[] =>
      core.filter(file => new RegExp(`^import (?!type).*'${name}'`, 'm').test(readFileSync(join(root, file), 'utf8')))
    expect(statically('yaml')).toEqual([])
    expect(statically('re2js')).toEqual([])
    expect(statically('cockatiel')).toEqual([])
  })

  it('an adapter imports the public entry of the core, itself, and never another adapter; a server also the parts that a governor is made of; the command line, by name, whatever it puts together', () => {
    const homeOf = (file: string): string => {
      const [, first = '', second = ''] = file.split('/')
      return first === 'stores' ? `adapters/stores/${second}/` : `adapters/${first}/`
    }
    const isPart = (file: string, name: string): boolean => {
      const [first, stage = ''] = resolved(file, name).split('/')
      return homeOf(file) === 'adapters/server/' && first === 'src' && !['governor', 'testing'].includes(stage)
    }
    const isVersion = (file: string, name: string): boolean =>
      homeOf(file) === 'adapters/cli/' && resolved(file, name) === 'src/version.ts'
    const isPartOfCommand = (file: string, name: string): boolean =>
      homeOf(file) === 'adapters/cli/' && /^countersign\/(server|client|stores\/\w+)$/.test(name)
    const allowed = (file: string, name: string): boolean =>
      name.startsWith('.')
        ? resolved(file, name).startsWith(homeOf(file)) || isPart(file, name) || isVersion(file, name)
        : name === 'countersign' || !name.startsWith('countersign/') || isPartOfCommand(file, name)
    expect(violations(adapters, allowed)).toEqual([])
  })

  it('the command line imports its own few packages, and the tree of its commands none but the one that reads it', () => {
    const packages = /^(\.|node:|countersign($|\/)|commander$|@hono\/node-server$)/
    expect(violations(sources('adapters/cli'), (_file, name) => packages.test(name))).toEqual([])
    const early = [
      ...sources('adapters/cli/tree'),
      'adapters/cli/main.ts',
      'adapters/cli/run.ts',
      'adapters/cli/failure.ts',
    ]
    const statically = early.flatMap(file => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(/^import (?!type).* from '([^']+)'/gm)].map(([, name = '']) => name)
    })
    expect(statically.filter(name => /countersign|hono|commands\/|target\//.test(name))).toEqual([])
  })

  it('the client of a service imports the core and itself, so that it runs where there is no Node', () => {
    const allowed = (_file: string, name: string): boolean => name.startsWith('.') || name === 'countersign'
    expect(violations(sources('adapters/client'), allowed)).toEqual([])
  })

  it('what is published for tests imports the public entry of the core, itself, and what the runtime has', () => {
    const allowed = (file: string, name: string): boolean =>
      name.startsWith('.')
        ? resolved(file, name).startsWith('src/')
        : name.startsWith('node:') || ['countersign', 'vitest', 'fast-check'].includes(name)
    expect(violations(sources('src/testing'), allowed)).toEqual([])
  })
})
