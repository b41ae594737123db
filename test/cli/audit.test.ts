import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { hold, place, type Place, program } from './command.ts'

/** What somebody with a SQL prompt does. */
function tamper(at: Place): void {
  const database = new DatabaseSync(at.database)
  const { changes } = database.prepare("update audit set body = replace(body, 'refund', 'refind') where seq = 2").run()
  database.close()
  if (changes !== 1) throw new Error('nothing was changed')
}

describe('audit verify', () => {
  it('ends with 0 for a log that is sound', async () => {
    using at = place()
    await hold(at, [900, 2500])
    const { code, stdout } = await at.run(['audit', 'verify'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Sound: \d+ entries, the last/) })
    expect(await at.json(['audit', 'verify'])).toMatchObject({ ok: true, head: { seq: expect.any(Number) } })
  })

  it('ends with 3 for a log that was changed, and says where', async () => {
    using at = place()
    await hold(at, [900, 2500])
    tamper(at)
    const { code, stdout, stderr } = await at.run(['audit', 'verify'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringMatching(/^Broken: /) })
    expect(stderr).toContain('problem: changed, entry 2')
    expect(await at.json(['audit', 'verify'])).toMatchObject({ ok: false, problem: 'changed', at: { seq: 2 } })
  })

  it('needs the key of a log that was sealed with one, which whoever answers from here seals with too', async () => {
    using at = place()
    const key = 'a long random text that only the programs know'
    {
      await using governor = program(at, { audit: { key } })
      await governor.run({ id: '1', name: 'refund', input: {} }, () => undefined)
    }
    const COUNTERSIGN_AUDIT_KEY = key
    const [held] = await at.json(['approvals', 'list'])
    expect((await at.run(['audit', 'verify'])).code).toBe(3)
    expect((await at.run(['approvals', 'approve', held.id, '--by', 'dana'], { COUNTERSIGN_AUDIT_KEY })).code).toBe(0)
    expect((await at.run(['audit', 'verify'], { COUNTERSIGN_AUDIT_KEY })).code).toBe(0)
  })
})

describe('audit export', () => {
  it('writes what can be verified anywhere, and never over what is there', async () => {
    using at = place()
    await hold(at, [900, 2500])
    const { entries } = await at.json(['audit', 'export', 'log.jsonl'])
    const file = join(at.directory, 'log.jsonl')
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(entries)
    expect((await at.run(['audit', 'export'])).stdout).toBe(readFileSync(file, 'utf8'))
    expect(await at.json(['audit', 'verify', '--file', 'log.jsonl'])).toMatchObject({ ok: true, entries })
    const again = await at.run(['audit', 'export', 'log.jsonl'])
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') })
    expect((await at.run(['audit', 'export', 'log.jsonl', '--force'])).code).toBe(0)
    writeFileSync(file, readFileSync(file, 'utf8').replace('"kind', '"Kind'))
    expect((await at.run(['audit', 'verify', '--file', 'log.jsonl'])).code).toBe(3)
  })

  it('leaves nothing where it cannot be written, and asks no service', async () => {
    using at = place()
    await hold(at, [900])
    expect((await at.run(['audit', 'export', 'no/such/directory.jsonl'])).code).toBe(1)
    expect(existsSync(join(at.directory, 'no'))).toBe(false)
    const { code, stderr } = await at.run(['audit', 'export'], { COUNTERSIGN_DATABASE: 'nope.db' })
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('there is no database nope.db') })
  })
})
