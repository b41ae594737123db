import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { place, type Place } from './command.ts'

const run = promisify(execFile)

/** What bash offers for a line that ends where the cursor is. */
async function offered(at: Place, ...words: readonly string[]): Promise<readonly string[]> {
  const { stdout: script } = await at.run(['completions', 'bash'])
  writeFileSync(join(at.directory, 'completion.bash'), script)
  const line = ['countersign', ...words]
  const program = `source ./completion.bash
COMP_WORDS=(${line.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}
_countersign; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', program], { cwd: at.directory })
  return stdout.split('\n').filter(word => word !== '')
}

describe('completions', () => {
  it('for bash offer commands, what is in their groups, options, choices and files', async () => {
    using at = place()
    expect(await offered(at, 'a')).toEqual(['approvals', 'audit'])
    expect(await offered(at, 'approvals', '')).toEqual(expect.arrayContaining(['list', 'show', 'approve', 'reject']))
    expect(await offered(at, 'approvals', 'approve', 'some-id', '--c')).toEqual(['--comment'])
    expect(await offered(at, 'audit', 'verify', '--sc')).toEqual(['--schema'])
    expect(await offered(at, 'serve', '--mode', '')).toEqual(['enforced', 'review', 'advisory'])
    writeFileSync(join(at.directory, 'team.yaml'), '')
    expect(await offered(at, 'serve', '--policy', 'te')).toEqual(['team.yaml'])
    expect(await offered(at, 'completions', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
  })

  it('for zsh and fish know every command as well', async () => {
    using at = place()
    const [zsh, fish] = await Promise.all(
      ['zsh', 'fish'].map(async shell => (await at.run(['completions', shell])).stdout),
    )
    expect(zsh).toMatch(/^#compdef countersign\n/)
    expect(fish).toContain('complete -c countersign')
    for (const path of ['/approvals/approve', '/audit/verify', '/keys/rotate', '/serve']) {
      expect(zsh).toContain(path)
      expect(fish).toContain(path)
    }
  })
})
