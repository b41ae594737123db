// What npm would publish, installed where there is nothing but its own dependencies: it must import and decide there, its command must run,
// and its declarations must compile under strict settings beside the frameworks.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: object
  bin: { countersign: string }
}
const { dependencies } = manifest
const folder = mkdtempSync(join(tmpdir(), 'countersign-package-'))
const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

/** A project with the packed package, and links to the packages it may see. */
function project(name: string, visible: readonly string[]): string {
  const path = join(folder, name)
  const installed = join(path, 'node_modules', 'countersign')
  mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], folder)
  for (const dependency of visible) {
    const link = join(path, 'node_modules', dependency)
    mkdirSync(resolve(link, '..'), { recursive: true })
    symlinkSync(join(root, 'node_modules', dependency), link)
  }
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }')
  return path
}

const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], root)
const tarball = join(folder, packed.trim().split('\n').at(-1) ?? '')
try {
  const bare = project('bare', Object.keys(dependencies))
  const program = `
    import { createGovernor, memoryStore, parsePolicy, providerGuard } from 'countersign'
    import 'countersign/ai-sdk'
    import 'countersign/learning'
    import 'countersign/openai'
    import 'countersign/client'
    import 'countersign/stores/postgres'
    import { sqliteStore } from 'countersign/stores/sqlite'
    const policy = parsePolicy('rules: [{ id: a, when: { input.q: { matches: /x+/ } }, effect: allow }]')
    for (const store of [memoryStore(), sqliteStore('a.db')]) {
      const governor = createGovernor({ policy, store })
      const { status } = await governor.run({ id: '1', name: 'look', input: { q: 'xx' } }, () => 'seen')
      if (status !== 'executed') throw new Error(status)
      await governor.close()
    }
    const request = { targets: [{ provider: 'p', model: 'm' }], body: 'hi', usage: () => undefined }
    if ((await providerGuard().run(request, async () => 'hello')) !== 'hello') throw new Error('no answer')`
  run(process.execPath, ['--input-type=module', '-e', program], bare)

  // As npm links it. Neither `pg` nor anything else that is optional is there.
  const bin = join(bare, 'node_modules', '.bin', 'countersign')
  mkdirSync(resolve(bin, '..'), { recursive: true })
  symlinkSync(join('..', 'countersign', manifest.bin.countersign), bin)
  run(bin, ['init'], bare)
  execFileSync(bin, ['demo', '--no-wait', '--json'], { cwd: bare, stdio: 'ignore' })
  run(bin, ['audit', 'verify'], bare)
  const postgres = spawnSync(bin, ['decisions', 'list', '--database', 'postgres://127.0.0.1/x'], {
    cwd: bare,
    encoding: 'utf8',
  })
  if (!postgres.stderr.includes('npm install pg')) throw new Error(`without pg: ${postgres.stderr}`)

  const typed = project('typed', [
    ...Object.keys(dependencies),
    'ai',
    '@langchain/core',
    'openai',
    'zod',
    '@types/node',
  ])
  const subpaths = [
    'countersign',
    'countersign/ai-sdk',
    'countersign/client',
    'countersign/langchain',
    'countersign/learning',
    'countersign/openai',
    'countersign/stores/sqlite',
    'countersign/stores/postgres',
    'countersign/testing',
  ]
  writeFileSync(
    join(typed, 'consumer.ts'),
    subpaths.map((path, index) => `import * as m${index} from '${path}'\nvoid m${index}\n`).join(''),
  )
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2023,dom,dom.iterable,dom.asynciterable,esnext.disposable',
    '--types',
    'node',
    '--skipLibCheck',
  ]
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...flags, 'consumer.ts'], typed)
  console.log('the packed package imports, decides and type-checks')
} finally {
  rmSync(folder, { recursive: true })
}
