import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { hold, place } from './command.ts'

const statuses = (findings: readonly { check: string; status: string }[]) =>
  Object.fromEntries(findings.map(({ check, status }) => [check, status]))

describe('doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    using at = place()
    await at.run(['init'])
    await hold(at, [900])
    const { code, stdout } = await at.run(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok {4}node/)
    expect(stdout).not.toMatch(/^(warn|fail)/m)
    expect(statuses(await at.json(['doctor']))).toEqual({
      node: 'ok',
      policy: 'ok',
      pg: 'ok',
      file: 'ok',
      database: 'ok',
      audit: 'ok',
    })
  })

  it('warns of what is not there yet, and says how to begin', async () => {
    using at = place()
    const { code, stdout } = await at.run(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^warn {2}policy .*\n +`countersign init` writes one\.$/m)
    expect(stdout).toMatch(/^warn {2}database/m)
  })

  it('ends with 3 where something is broken: the policy, the file, the log', async () => {
    using at = place()
    await hold(at, [900])
    const database = new DatabaseSync(at.database)
    database.exec("update audit set body = replace(body, 'refund', 'refind')")
    database.close()
    writeFileSync(join(at.directory, 'countersign.yaml'), 'rules: [{ id: a, effect: alow }]')
    const { code, stdout } = await at.run(['doctor'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/^fail {2}policy .*alow/m)
    expect(stdout).toMatch(/^fail {2}audit/m)
    writeFileSync(join(at.directory, 'other.db'), 'no database '.repeat(1000))
    expect(statuses(await at.json(['doctor', '--database', 'other.db']))).toMatchObject({
      file: 'fail',
      database: 'fail',
    })
  })

  it('asks a service whether it is there, knows the keys, and has the same time', async () => {
    using at = place()
    await using service = await at.serve()
    const { agent, approver } = service.announced.keys
    const env = { COUNTERSIGN_API_KEY: agent, COUNTERSIGN_APPROVER_KEY: approver }
    expect(statuses(await at.json(['doctor', '--url', service.url], env))).toMatchObject({
      service: 'ok',
      clock: 'ok',
      'agent key': 'ok',
      'approver key': 'ok',
    })
    const wrong = await at.json(['doctor', '--url', service.url], { COUNTERSIGN_API_KEY: 'wrong-key' })
    expect(statuses(wrong)).toMatchObject({ service: 'ok', 'agent key': 'fail' })
    const gone = await at.run(['doctor', '--url', 'http://127.0.0.1:1'])
    expect(gone).toMatchObject({ code: 3, stdout: expect.stringMatching(/^fail {2}service .*cannot be reached/m) })
  })
})
