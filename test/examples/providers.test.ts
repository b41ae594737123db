import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname

/** Whose keys and addresses the packages would take from the environment. */
const env = { PATH: process.env['PATH'] }

/** Each example checks itself, and fails by its exit code. */
describe('every row of the providers’ page', () => {
  it('is played through the frameworks’ own packages', async () => {
    const { stdout } = await run(process.execPath, ['examples/provider-packages/main.ts'], { cwd: root, env })
    const rows = stdout.trim().split('\n')
    expect(rows.filter(row => row.startsWith('AI SDK'))).toHaveLength(10)
    expect(rows.filter(row => row.startsWith('LangChain'))).toHaveLength(8)
    for (const row of rows) expect(row).toMatch(/drop_table blocked, look_up allowed .*Looked up; I may not drop\.$/)
  })

  it('is played by itself where it is named', async () => {
    const args = ['examples/provider-packages/main.ts', 'bedrock', 'Vertex']
    const { stdout } = await run(process.execPath, args, { cwd: root, env })
    expect(stdout.match(/^AI SDK {4}(?:Vertex AI|Amazon Bedrock) /gm)).toHaveLength(2)
    expect(stdout.trim().split('\n')).toHaveLength(2)
  })

  it('is played through the openai client', async () => {
    const { stdout } = await run(process.execPath, ['examples/providers/main.ts'], { cwd: root, env })
    const rows = stdout.trim().split('\n')
    expect(rows).toHaveLength(10)
    for (const row of rows) expect(row).toMatch(/look_up executed, drop_table blocked/)
  })
})
