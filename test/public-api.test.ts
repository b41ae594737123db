import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../src/version.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
}

/** Names of the values a subpath exports; types leave no trace. */
const exportsOf = async (subpath: string): Promise<string[]> =>
  Object.keys((await import(/* @vite-ignore */ subpath)) as object).toSorted()

describe('the public surface', () => {
  it('is these subpaths', () => {
    expect(Object.keys(manifest.exports).toSorted()).toMatchInlineSnapshot(`
      [
        ".",
        "./ai-sdk",
        "./client",
        "./langchain",
        "./learning",
        "./openai",
        "./package.json",
        "./policy.schema.json",
        "./server",
        "./stores/postgres",
        "./stores/sqlite",
        "./testing",
      ]
    `)
  })

  it('of countersign', async () => {
    expect(await exportsOf('countersign')).toMatchInlineSnapshot(`
      [
        "GENESIS",
        "GovernanceError",
        "ModelError",
        "RecentMap",
        "ServiceError",
        "VERSION",
        "approvalStageOf",
        "changesBetween",
        "checkProfile",
        "checkScope",
        "connectService",
        "createGovernor",
        "decisionIntelligence",
        "definePolicy",
        "editNotice",
        "effectiveDigest",
        "eraseFields",
        "eraseGrant",
        "erasePersonal",
        "generateApprovalKeys",
        "guardOf",
        "isGovernanceError",
        "isModelError",
        "isServiceError",
        "knownKeys",
        "loadPolicy",
        "mayNotResolve",
        "memoryStore",
        "oneOf",
        "outputDigest",
        "parsePolicy",
        "providerGuard",
        "refusalText",
        "remoteDecisions",
        "restore",
        "rule",
        "sealedText",
        "signResolution",
        "streamGoverned",
        "systemClock",
        "verifyAudit",
        "verifyResolution",
      ]
    `)
  })

  it('of countersign/ai-sdk', async () => {
    expect(await exportsOf('countersign/ai-sdk')).toMatchInlineSnapshot(`
      [
        "governanceStream",
        "governedModel",
        "governedTool",
        "governedTools",
        "modelMiddleware",
        "reviewMessages",
        "withGovernance",
      ]
    `)
  })

  it('of countersign/client', async () => {
    expect(await exportsOf('countersign/client')).toMatchInlineSnapshot(`
      [
        "decisionService",
        "verifyWebhook",
      ]
    `)
  })

  it('of countersign/langchain', async () => {
    expect(await exportsOf('countersign/langchain')).toMatchInlineSnapshot(`
      [
        "GovernanceCallbackHandler",
        "governanceMiddleware",
        "governedModel",
        "governedTool",
        "governedTools",
      ]
    `)
  })

  it('of countersign/learning', async () => {
    expect(await exportsOf('countersign/learning')).toMatchInlineSnapshot(`
      [
        "AutonomyGate",
        "ProvenanceTracker",
        "answersNeeded",
        "createRiskModel",
      ]
    `)
  })

  it('of countersign/openai', async () => {
    expect(await exportsOf('countersign/openai')).toMatchInlineSnapshot(`
      [
        "ChatCompletionStreamHandler",
        "Conversation",
        "FunctionRegistry",
        "MaxIterationsReachedError",
        "McpToolError",
        "ProviderResponseError",
        "createGovernedOpenAI",
        "functionTool",
        "mcpTools",
        "normalizeStream",
        "pageView",
        "settingsFromEnv",
        "sseHeaders",
        "streamUntilUserInput",
        "streamUntilUserInputEvents",
        "toSSE",
        "toolResult",
        "zodTool",
      ]
    `)
  })

  it('of countersign/stores/sqlite', async () => {
    expect(await exportsOf('countersign/stores/sqlite')).toMatchInlineSnapshot(`
      [
        "sqliteStore",
      ]
    `)
  })

  it('of countersign/stores/postgres', async () => {
    expect(await exportsOf('countersign/stores/postgres')).toMatchInlineSnapshot(`
      [
        "postgresStore",
      ]
    `)
  })

  it('of countersign/testing', async () => {
    expect(await exportsOf('countersign/testing')).toMatchInlineSnapshot(`
      [
        "arrangementFor",
        "cutAfter",
        "eventStreamed",
        "fakeClock",
        "modelServer",
        "recordedSteps",
        "replayServer",
        "standInFor",
        "standInService",
        "streamed",
        "testEvaluator",
        "testStore",
        "through",
      ]
    `)
  })
})

describe('the package', () => {
  it('knows its own version', () => {
    expect(VERSION).toBe(manifest.version)
  })

  it('documents every value and type that it exports from a file', () => {
    const undocumented = globSync(['src/**/*.ts', 'adapters/**/*.ts'], { cwd: root })
      .filter(file => !file.startsWith('src/testing/store-cases/'))
      .flatMap(file => {
        const lines = read(file).split('\n')
        return lines.flatMap((line, index) => {
          if (
            !/^export (?:abstract |async |declare )*(?:class|const|enum|function\*?|interface|let|type) (?!\{)/.test(
              line,
            )
          )
            return []
          // An overload is documented with the first of them; a directive may stand between a comment and its declaration.
          const before = lines.slice(0, index).findLast(text => !/^\s*\/\/ ox/.test(text)) ?? ''
          return /\*\/\s*$|^export (?:async )?function /.test(before) ? [] : [`${file}:${index + 1} ${line}`]
        })
      })
    expect(undocumented).toEqual([])
  })

  it('mentions no path of a machine it was written on', () => {
    const files = globSync(['src/**/*', 'adapters/**/*', 'schema/**/*', 'docs/**/*', '*.md'], {
      cwd: root,
      withFileTypes: true,
    }).filter(entry => entry.isFile())
    const absolute = files.filter(entry =>
      /(?:^|[\s"'`(])\/(?:work|home|root|tmp)\//m.test(readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')),
    )
    expect(absolute.map(({ name }) => name)).toEqual([])
  })
})
