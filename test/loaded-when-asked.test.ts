import { execFile } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGovernor, memoryStore, type Store } from 'countersign'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** A built file and all that importing it loads at once. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export|\})[^'"\n]*"(\.[^"]+)";$/gm)
  for (const [, name = ''] of imports) loadedWith(join(dirname(file), name), seen)
  return seen
}

const textOf = (file: string): string => [...loadedWith(file)].map(part => readFileSync(part, 'utf8')).join('\n')

describe('importing countersign', () => {
  const text = textOf(join(dist, 'index.js'))
  const named = [...text.matchAll(/import\("(\.\/[^"]+)"\)/g)].map(([, chunk = '']) => chunk)
  /** What is loaded late. */
  const late = textOf(join(dist, named.find(chunk => chunk.startsWith('./later-')) ?? ''))

  it('does not load what is worked out only when somebody asks', () => {
    expect(text).toContain('// src/governor/insight.ts')
    expect(text).not.toContain('// src/learn/insight/tuning/')
    expect(late).toContain('// src/learn/insight/tuning/')
    expect(text).not.toContain('// src/learn/explain/search.ts')
    expect(late).toContain('// src/learn/explain/search.ts')
  })

  it('does not load what asks models, takes effects back or checks an audit log', () => {
    expect(text).toContain('// src/provider/options.ts')
    const parts = ['provider/send', 'provider/model-stream', 'governor/rollback', 'report/audit/chain-check']
    expect(parts.filter(part => text.includes(`// src/${part}.ts`))).toEqual([])
    expect(parts.filter(part => !late.includes(`// src/${part}.ts`))).toEqual([])
  })

  it('loads all that is late from one file', () => {
    expect(new Set(named)).toHaveProperty('size', 1)
  })

  it('does not load what only a governor that learns needs', () => {
    expect(text).toContain('// src/governor/learning/learning.ts')
    expect(text).toContain('// src/learn/autonomy/options.ts')
    const parts = ['school', 'pupil', 'model', 'signals', 'provenance', 'autonomy/gate']
    expect(parts.filter(part => text.includes(`// src/learn/${part}.ts`))).toEqual([])
    expect(parts.filter(part => !late.includes(`// src/learn/${part}.ts`))).toEqual([])
  })
})

describe('a governor that learns', () => {
  const rules = [{ id: 'ask', tools: ['refund'], effect: 'require_approval' }] as const
  const refund = (id: string) => ({ id, name: 'refund', input: { to: 'ada' } })
  /** A store that remembers how often lessons were read from it. */
  const counted = (): { readonly store: Store; readonly reads: () => number } => {
    const store = memoryStore()
    let reads = 0
    return {
      store: { ...store, readLessons: query => (reads++, store.readLessons(query)) },
      reads: () => reads,
    }
  }

  it('refuses bad options at once, not when its workings are there', () => {
    expect(() => createGovernor({ learning: { autonomy: { maxErrorRate: 2 } } })).toThrow('maxErrorRate')
  })

  it('decides by its policy before its workings are there, and knows of no precedent once they are', async () => {
    const governor = createGovernor({ store: memoryStore(), policy: { rules }, learning: true })
    const held = await governor.run(refund('1'), () => 'paid')
    expect(held).toMatchObject({ status: 'approval_required' })
    expect(held.decision.learned).toBeUndefined()
    expect(await governor.precedents(refund('2'))).toEqual([])
    expect((await governor.decide(refund('3'))).learned).toBeDefined()
    await governor.close()
  })

  it('knows later what tools returned before its workings were there', async () => {
    const view = async (looks: 'early' | 'late' | 'never'): Promise<string | undefined> => {
      const free = { id: 'free', tools: ['look'], effect: 'allow' } as const
      const governor = createGovernor({ store: memoryStore(), policy: { rules: [...rules, free] }, learning: true })
      const session = governor.session({ sessionId: 'talk' })
      const look = () => session.run({ id: '1', name: 'look', input: {} }, () => ({ account: 'DE4711-0815' }))
      if (looks === 'early') expect((await look()).decision.learned).toBeUndefined()
      await session.precedents(refund('2'))
      if (looks === 'late') expect((await look()).decision.learned).toBeDefined()
      const pay = { id: '3', name: 'refund', input: { to: 'DE4711-0815' } }
      const { learned } = await session.decide(pay, { said: () => ['Pay them back.'] })
      await governor.close()
      return learned?.view
    }
    expect(await view('early')).toBe(await view('late'))
    expect(await view('early')).not.toBe(await view('never'))
  })

  it('closes at once after it was made, and asks the store for nothing afterwards', async () => {
    const { store, reads } = counted()
    await createGovernor({ store, policy: { rules }, learning: true }).close()
    await new Promise(resolve => setImmediate(resolve))
    expect(reads()).toBe(0)
    const governor = createGovernor({ store, policy: { rules }, learning: true })
    await governor.precedents(refund('1'))
    expect(reads()).toBeGreaterThan(0)
    await governor.close()
  })

  it('whose workings cannot be loaded says so, decides by its policy all the same, and closes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-loaded-'))
    try {
      cpSync(dist, join(folder, 'dist'), { recursive: true, filter: path => !path.includes('later-') })
      cpSync(join(root, 'package.json'), join(folder, 'package.json'))
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
      expect(globSync('dist/later-*', { cwd: folder })).toEqual([])
      expect(globSync('dist/later-*', { cwd: root })).toHaveLength(1)
      const program = `
        import { createGovernor, memoryStore } from ${JSON.stringify(join(folder, 'dist', 'index.js'))}
        const rules = [{ id: 'ask', tools: ['refund'], effect: 'require_approval', autonomy: true }, { id: 'free', tools: ['look'], effect: 'allow' }]
        const governor = createGovernor({ store: memoryStore(), policy: { rules }, learning: { autonomy: {} } })
        const told = new Promise(resolve => governor.on(event => event.type === 'store-failed' && resolve(event)))
        const call = { id: '1', name: 'refund', input: { to: 'ada' } }
        const { operation, error } = await told
        const asked = await governor.precedents(call).then(() => 'answered', failure => failure.code)
        const { status } = await governor.run(call, () => 'paid')
        const free = await governor.run({ id: '2', name: 'look', input: {} }, () => 'seen')
        await governor.close()
        console.log(JSON.stringify([operation, error.code, asked, status, free.status]))`
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
      const missing = 'ERR_MODULE_NOT_FOUND'
      expect(JSON.parse(stdout)).toEqual(['learning', missing, missing, 'approval_required', 'executed'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
