import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { COMMAND, place } from './command.ts'

describe('the help of the command line', () => {
  it('exits with its own code where nobody reads what it complains of', async () => {
    const child = spawn(process.execPath, [COMMAND, 'nonsense'], { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.destroy()
    expect(await once(child, 'exit')).toEqual([2, null])
  })

  it('says what there is, where to begin, and what exit codes mean', async () => {
    using at = place()
    const { code, stdout, stderr } = await at.run(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: countersign [options] [command]

      A decision in front of every tool call an AI agent makes.

      Options:
        --version                      show the version
        --help                         show this help

      Start:
        init [options] [file]          write a policy to begin with
        serve [options]                run a decision service
        demo [options]                 see a scripted refund agent being allowed,
                                       denied and held

      Decisions and people:
        decisions                      what was decided, and what came of it
        approvals                      calls that wait for a person
        outcomes                       how calls turned out

      Upkeep:
        keys                           keys of a decision service
        audit                          the log that cannot be changed unseen
        doctor [options]               look for what is not as it should be; exits
                                       with 3 where something is not
        completions [options] <shell>  write completions for a shell
        help [command]                 show the help of a command

      Every command takes --json. Exit codes: 0 done, 1 failed, 2 not a command line, 3 found something wrong.
      Begin with:
        $ countersign init
        $ countersign serve
        $ countersign demo
      "
    `)
    expect(await at.run(['help'])).toEqual({ code: 0, stdout, stderr: '' })
  })

  it('has examples where a command has much to say, and names the variables that keep keys out of lists of processes', async () => {
    using at = place()
    const { stdout } = await at.run(['approvals', 'approve', '--help'])
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: countersign approvals approve [options] <id>

      let a call run, once

      Arguments:
        id                        id of the request, or of its decision

      Options:
        --comment <text>          why
        --by <name>               who answers, on a database; never who acts (default:
                                  the name of your account)
        --database <file-or-url>  SQLite file, or postgres:// URL (default:
                                  .countersign/countersign.db) (env:
                                  COUNTERSIGN_DATABASE)
        --schema <name>           schema of a PostgreSQL database (default:
                                  countersign) (env: COUNTERSIGN_SCHEMA)
        --url <url>               ask a decision service instead of a database (env:
                                  COUNTERSIGN_URL)
        --api-key <key>           key for the service (env: COUNTERSIGN_API_KEY)
        --approver-key <key>      an approver's key for the service (env:
                                  COUNTERSIGN_APPROVER_KEY)
        --audit-key <key>         the key that seals the audit log, if it has one
                                  (env: COUNTERSIGN_AUDIT_KEY)
        --input <json>            approve it with this input instead
        --policy <file>           the policy that a changed input is checked by
                                  (default: countersign.yaml)
        --json                    write the result as JSON
        --help                    show this help

      Examples:
        $ countersign approvals approve 0197… --comment "customer called"
        $ countersign approvals approve 0197… --input '{"order": "1002", "amount": 90}'
        $ countersign approvals approve 0197… --url https://decisions.example.com
      "
    `)
  })

  it('is there for every command, which all take --json', async () => {
    using at = place()
    const groups = {
      '': ['init', 'serve', 'demo', 'doctor', 'completions'],
      decisions: ['list', 'show'],
      approvals: ['list', 'show', 'approve', 'reject'],
      outcomes: ['report'],
      keys: ['create', 'list', 'revoke', 'rotate'],
      audit: ['verify', 'export'],
    }
    const commands = Object.entries(groups).flatMap(([group, names]) =>
      names.map(name => [...(group ? [group] : []), name]),
    )
    const helps = await Promise.all(commands.map(command => at.run([...command, '--help'])))
    for (const [index, { code, stdout }] of helps.entries()) {
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: countersign ${commands[index]?.join(' ')}`)
      expect(stdout).toContain('--json')
    }
  })

  it('says the version of the package', async () => {
    using at = place()
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await at.run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('a Node that is too old', () => {
  it('is named, with the one that is needed, before anything newer is read', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.12.0' } })`
    const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, COMMAND, '--help']
    const failed = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('needs Node.js 22.13 or newer'),
    })
  })
})

describe('a command line that is none', () => {
  it('ends with 2, and says what was probably meant', async () => {
    using at = place()
    for (const [args, message] of [
      [['aproovals'], "unknown command 'aproovals'\n(Did you mean approvals?)"],
      [['approvals', 'aprove', 'x'], "unknown command 'aprove'\n(Did you mean approve?)"],
      [['decisions', 'list', '--tol', 'x'], "unknown option '--tol'\n(Did you mean --tool?)"],
      [['approvals', 'approve'], "missing required argument 'id'"],
      [['serve', '--port', '99999'], 'Expected a whole number from 0 to 65535.'],
      [['serve', '--mode', 'strict'], 'Allowed choices are enforced, review, advisory.'],
      [
        ['decisions', 'list', '--url', 'http://127.0.0.1:1', '--database', 'x.db'],
        'a database and a service are named',
      ],
      [['decisions', 'list', '--schema', 'Team A'], 'Expected small letters, digits and "_"'],
      [['decisions', 'list', '--schema', 'pg_a'], 'not beginning with "pg_"'],
      [['serve', '--schema', 'team_a'], 'is a file, which has no schemas'],
      [['decisions', 'list', '--schema', 'a', '--url', 'http://127.0.0.1:1'], 'a service keeps its schema to itself'],
      [['completions', 'tcsh'], 'There are for bash, zsh and fish.'],
    ] as const) {
      const { code, stdout, stderr } = await at.run(args)
      expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(message)
      expect(stderr).toMatch(/^countersign: /)
    }
  })

  it('shows what a group of commands can do when none of them is named', async () => {
    using at = place()
    const { code, stdout, stderr } = await at.run(['approvals'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('approve [options] <id>')
  })
})
