import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { parsePolicy } from 'countersign'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStandIn, type StandIn, type Turn } from '../../examples/support-desk/stand-in.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname
const files = ['README.md', ...globSync('docs/*.md', { cwd: root })]

interface Snippet {
  readonly language: string
  readonly code: string
  /** What stands in the ```text block right after, or after `// prints:`. */
  readonly output: string | undefined
}

function snippetsOf(file: string): readonly Snippet[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```\n(?:\n```text\n([^]*?)^```)?/gm)].map(
    ([, language = '', code = '', output]) => ({
      language,
      code,
      output: output ?? /\/\/ prints: (.*)/.exec(code)?.[1],
    }),
  )
}

/** What the model of the quickstarts does. */
const script: readonly Turn[] = [
  { calls: [{ name: 'refund', arguments: { orderId: '1001', amount: 40 } }] },
  { calls: [{ name: 'refund', arguments: { orderId: '1002', amount: 2500 } }] },
  { text: 'Done.' },
]

describe('the documentation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-docs-'))
  const modules = join(root, 'reports', 'snippets')
  let standIn: StandIn

  beforeAll(async () => {
    mkdirSync(modules, { recursive: true })
    standIn = await startStandIn(script)
  })
  afterAll(async () => {
    await standIn.close()
    rmSync(folder, { recursive: true })
    rmSync(modules, { recursive: true })
  })

  for (const file of files) {
    const snippets = snippetsOf(file)
    snippets
      .filter(({ language }) => language === 'ts')
      .forEach(({ code, output }, index) => {
        it(`runs snippet ${index + 1} of ${file} as it is printed`, async () => {
          const path = join(modules, `${basename(file, '.md')}-${index}.ts`)
          writeFileSync(path, code)
          const cwd = mkdtempSync(join(folder, 'run-'))
          const env = {
            ...process.env,
            OPENAI_API_KEY: 'no-key-needed',
            OPENAI_BASE_URL: standIn.baseURL,
            AI_SDK_LOG_WARNINGS: 'false',
          }
          const { stdout } = await run(process.execPath, [path], { cwd, env })
          if (output !== undefined) expect(stdout.trim()).toBe(output.trim())
        })
      })

    snippets
      .filter(({ language }) => language === 'yaml')
      .forEach(({ code }, index) => {
        it(`loads policy ${index + 1} of ${file}`, () => {
          expect(parsePolicy(code, file).rulesFor('refund').length).toBeGreaterThan(0)
        })
      })
  }

  it('links only to files that exist', () => {
    for (const file of files) {
      const text = readFileSync(join(root, file), 'utf8')
      for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        const target = join(root, file === 'README.md' ? '.' : 'docs', link)
        expect(globSync(target), `${file} links to ${link}`).not.toEqual([])
      }
    }
  })
})
