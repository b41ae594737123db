import { execFile } from 'node:child_process'
import { promisify, stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Screen } from '../../adapters/cli/output/screen.ts'
import { table } from '../../adapters/cli/output/table.ts'
import { fitting, plain, widthOf } from '../../adapters/cli/output/text.ts'
import { relative } from '../../adapters/cli/output/time.ts'
import { COMMAND, hold, place, type Place } from './command.ts'

const run = promisify(execFile)

/** Runs the command on a terminal (`script` makes one), which is what it writes to. */
async function onTerminal(at: Place, args: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const command = `stty cols 100; ${process.execPath} ${COMMAND} ${args}`
  const { stdout } = await run('script', ['-qec', command, '/dev/null'], {
    cwd: at.directory,
    env: { PATH: process.env['PATH'], HOME: at.directory, TERM: 'xterm-256color', ...env },
  })
  return stdout.replaceAll('\r\n', '\n')
}

describe('on a terminal', () => {
  it('lists are aligned under titles, in colours, with times that people read', async () => {
    using at = place()
    await hold(at, [900, 2500])
    const text = await onTerminal(at, 'decisions list')
    expect(stripVTControlCharacters(text)).toMatch(/^ID +WHEN +TOOL +VALUE +RESULT/)
    expect(text).toContain('\u001b[33mapproval_required\u001b[39m')
    expect(text).toMatch(/now|\ds ago/)
  })

  it('NO_COLOR takes the colours away, and --json everything', async () => {
    using at = place()
    await hold(at, [900])
    expect(await onTerminal(at, 'decisions list', { NO_COLOR: '1' })).not.toContain('\u001b[')
    expect(JSON.parse(await onTerminal(at, 'decisions list --json'))).toHaveLength(1)
    expect(await onTerminal(at, '--help', { NO_COLOR: '1' })).not.toContain('\u001b[')
  })

  it('long work shows how far it is, and leaves nothing of that behind', async () => {
    using at = place()
    await hold(
      at,
      Array.from({ length: 40 }, (_, index) => index + 1),
    )
    const text = await onTerminal(at, 'audit verify')
    expect(text).toMatch(/Checking .*100 % of \d+/)
    expect(text.split('\r\u001b[K').at(-1)).toMatch(/^Sound: \d+ entries/)
  })
})

describe('what is written', () => {
  const screen: Screen = {
    json: false,
    isTerminal: true,
    width: 30,
    style: (_style, text) => text,
    time: at => at,
    result: () => undefined,
    note: () => undefined,
  }

  it('fits the width of the terminal: what can give way is cut, and says so', () => {
    const columns = [
      { title: 'ID', of: ({ id }: { id: string; why: string }) => id },
      { title: 'WHY', of: ({ why }: { id: string; why: string }) => why, flexible: true as const },
    ]
    const rows = [
      { id: 'a1', why: 'because it is a refund of more than 100' },
      { id: '日本語', why: 'ok' },
    ]
    expect(table(screen, columns, rows).split('\n')).toEqual([
      'ID      WHY',
      'a1      because it is a refun…',
      '日本語  ok',
    ])
  })

  it('counts wide characters twice, and never cuts one in half', () => {
    expect([widthOf('abc'), widthOf('日本'), widthOf('👨‍👩‍👧')]).toEqual([3, 4, 2])
    expect(fitting('日本語', 4)).toBe('日…')
  })

  it('has no line of its own in the middle, and nothing that cannot be seen', () => {
    expect(plain('a\n b\t\u001b[31mc\u200b')).toBe('a b \\u{1b}[31mc\\u{200b}')
  })

  it('says times as people do', () => {
    const now = Date.parse('2026-01-02T00:00:00Z')
    const at = (iso: string): string => relative(iso, now)
    expect([at('2026-01-01T00:00:00Z'), at('2026-01-02T02:30:00Z'), at('2026-01-01T23:59:30Z')]).toEqual([
      '1d ago',
      'in 2h',
      '30s ago',
    ])
    expect([at('2026-01-02T00:00:00Z'), at('')]).toEqual(['now', ''])
  })
})
