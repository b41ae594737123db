import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { hold, place, program } from './command.ts'

const NOBODY_THERE = 'there is no database .countersign/countersign.db.'

describe('a database', () => {
  it.each(['mysql://ann:hunter2@127.0.0.1:1/db', 'Redis://:hunter2@127.0.0.1:1'])(
    'is no file where a URL of another kind is named: %s',
    async url => {
      using at = place()
      for (const command of ['serve', 'decisions list', 'audit verify', 'doctor']) {
        const { code, stdout, stderr } = await at.run(command.split(' '), { COUNTERSIGN_DATABASE: url })
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
        expect(stderr).toContain('Name a file, or a postgres:// URL.')
        expect(stderr).not.toContain('hunter2')
      }
      expect(readdirSync(at.directory)).toEqual([])
    },
  )

  it('is one of PostgreSQL however its scheme is spelt, and its password is not told', async () => {
    using at = place()
    const { code, stdout, stderr } = await at.run(['serve'], {
      COUNTERSIGN_DATABASE: 'POSTGRES://ann:hunter2@127.0.0.1:1/db',
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('cannot open postgres://127.0.0.1:1/db')
    expect(readdirSync(at.directory)).toEqual([])
  })
})

describe('decisions', () => {
  it('are listed newest first: tabs for programs that cut, JSON for programs that read', async () => {
    using at = place()
    const [first, second] = await hold(at, [900, 2500])
    const { code, stdout, stderr } = await at.run(['decisions', 'list'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'))
    expect(rows.map(([id, , tool, value, result]) => [id, tool, value, result])).toEqual([
      [second?.decisionId, 'refund', '2500', 'approval_required'],
      [first?.decisionId, 'refund', '900', 'approval_required'],
    ])
    expect(await at.json(['decisions', 'list', '--limit', '1'])).toMatchObject([
      { id: second?.decisionId, at: expect.stringMatching(/^\d{4}-.*Z$/), actor: 'support-agent', value: 2500 },
    ])
  })

  it('are filtered by tool, actor, result, and by whether an outcome is known', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const list = (...filter: string[]) => at.json(['decisions', 'list', ...filter])
    expect(await list('--tool', 'refund', '--actor', 'support-agent', '--result', 'requires_approval')).toHaveLength(1)
    expect(await list('--tool', 'other')).toEqual([])
    expect(await list('--actor', 'other')).toEqual([])
    expect(await list('--result', 'blocked')).toEqual([])
    expect(await list('--without-outcome')).toHaveLength(1)
    await at.json(['outcomes', 'report', held?.decisionId ?? '', 'SUCCESS'])
    expect(await list('--without-outcome')).toEqual([])
  })

  it('are shown with everything that is known of them, by their id or that of their request', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const { stdout } = await at.run(['decisions', 'show', held?.decisionId ?? ''])
    expect(stdout).toMatch(/^decision +[\w-]+\n/)
    expect(stdout).toMatch(/^result +requires_approval$/m)
    const shown = await at.json(['decisions', 'show', held?.approvalId ?? ''])
    expect(shown).toMatchObject({
      id: held?.decisionId,
      record: { id: held?.decisionId, approvalId: held?.approvalId },
    })
  })

  it('that are not there, or a database that is not, are said in a line with what to do', async () => {
    using at = place()
    const missing = await at.run(['decisions', 'list'])
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toContain(NOBODY_THERE)
    await hold(at, [1])
    const { code, stderr } = await at.run(['decisions', 'show', 'nope'])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'countersign: there is no decision "nope".\n  `countersign decisions list` shows which there are.\n',
    })
  })

  it('cannot make a terminal obey: what cannot be seen is written out', async () => {
    using at = place()
    {
      await using governor = program(at)
      await governor.run({ id: '1', name: 'mail\u001b[2J\u202etxt', input: {} }, () => undefined)
    }
    const { stdout } = await at.run(['approvals', 'list'])
    expect(stdout).toContain('mail\\u{1b}[2J\\u{202e}txt')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).not.toContain('\u202e')
  })
})

describe('approvals', () => {
  it('are listed, shown and answered; the call then runs, once', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    expect(await at.json(['approvals', 'list'])).toMatchObject([
      { id: held?.approvalId, decisionId: held?.decisionId, status: 'pending', input: { amount: 900 }, quorum: [1] },
    ])
    const shown = await at.run(['approvals', 'show', held?.decisionId ?? ''])
    expect(shown.stdout).toMatch(/^input +\{"amount":900\}$/m)
    const answered = await at.run(['approvals', 'approve', held?.approvalId ?? '', '--comment', 'customer called'])
    expect(answered).toEqual({
      code: 0,
      stdout: `Approved by ${userInfo().username}: refund (${held?.approvalId}).\n`,
      stderr: '',
    })
    expect((await at.run(['approvals', 'list'])).stderr).toBe('Nobody waits for an answer.\n')
    expect(await at.json(['approvals', 'list', '--status', 'approved'])).toMatchObject([{ comment: 'customer called' }])
    await using governor = program(at, { tools: { refund: { value: (input: any) => input.amount } } })
    const call = { id: 'call-900', name: 'refund', input: { amount: 900 } }
    const executions = await Promise.all([governor.run(call, () => 'paid'), governor.run(call, () => 'paid')])
    expect(executions.map(({ status }) => status)).toEqual(['executed', 'executed'])
    expect(await governor.receipts.list()).toHaveLength(1)
  })

  it('are rejected with a comment that the model reads', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const answer = await at.json([
      'approvals',
      'reject',
      held?.decisionId ?? '',
      '--comment',
      'no receipt',
      '--by',
      'dana',
    ])
    expect(answer).toMatchObject({ status: 'rejected', by: 'dana', comment: 'no receipt' })
  })

  it('are never answered by whoever acts, nor answered otherwise later', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const id = held?.approvalId ?? ''
    const own = await at.run(['approvals', 'approve', id, '--by', 'Support-Agent'])
    expect(own).toMatchObject({ code: 1, stdout: '' })
    expect(own.stderr).toContain('whoever acts cannot approve')
    expect(await at.json(['approvals', 'show', id])).toMatchObject({ status: 'pending', votes: [] })
    await at.json(['approvals', 'reject', id, '--by', 'dana'])
    const late = await at.run(['approvals', 'approve', id, '--by', 'grace'])
    expect(late.code).toBe(1)
    expect(late.stderr).toMatch(/^countersign: /)
  })

  it('with another input are decided on anew, by the policy', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const id = held?.approvalId ?? ''
    const approve = (amount: number) => [
      'approvals',
      'approve',
      id,
      '--by',
      'dana',
      '--input',
      JSON.stringify({ amount }),
    ]
    expect(await at.run(approve(90))).toMatchObject({ code: 2, stderr: expect.stringContaining('--policy') })
    const policy = 'rules: [{ id: top, tools: [refund], when: { input.amount: { gt: 5000 } }, effect: deny }]'
    writeFileSync(join(at.directory, 'countersign.yaml'), policy)
    expect(await at.run(approve(6000))).toMatchObject({ code: 1, stderr: expect.stringContaining('would be blocked') })
    expect(await at.json(approve(90))).toMatchObject({
      status: 'approved',
      changes: [{ path: 'amount', from: 900, to: 90 }],
    })
  })
})

describe('outcomes', () => {
  it('are reported against a decision, by whoever is at the keyboard', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const id = held?.decisionId ?? ''
    const report = ['outcomes', 'report', id, 'FRAUD', '--description', 'card was stolen', '--revenue-impact', '-900']
    expect(await at.run([...report, '--tag', 'cards', 'eu', '--details', '{"case":7}'])).toEqual({
      code: 0,
      stdout: `Reported FRAUD of ${id}.\n`,
      stderr: '',
    })
    const { outcome, record } = await at.json(['decisions', 'show', id])
    expect(outcome).toBe('FRAUD')
    expect(record.outcomes).toMatchObject([
      { description: 'card was stolen', revenueImpact: -900, tags: ['cards', 'eu'], details: { case: 7 } },
    ])
    expect(record.outcomes[0].reportedBy).toBe(userInfo().username)
  })

  it('of nothing are refused', async () => {
    using at = place()
    await hold(at, [900])
    const unknown = await at.run(['outcomes', 'report', 'nope', 'SUCCESS'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(await at.run(['outcomes', 'report', 'x', 'SUCCESS', '--details', '[1]'])).toMatchObject({ code: 2 })
    expect(await at.run(['outcomes', 'report', 'x', 'SUCCESS', '--details', '{'])).toMatchObject({ code: 2 })
  })
})
