import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { COMMAND } from '../cli/command.js'
import { asking, isWhole, question } from './faults.js'
import { type ServiceProcess, startService } from './service-process.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** A disk for a database, and how it gets larger. */
interface Disk {
  readonly sqlite: string
  readonly maxPages?: number
  /** Gives back the service that goes on. */
  readonly grow: (service: ServiceProcess) => Promise<ServiceProcess>
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'countersign-full-'))
  ends.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** A database that may not grow. The service is started again to be given more. */
function limited(): Disk {
  const sqlite = join(folder(), 'service.db')
  return {
    sqlite,
    maxPages: 400,
    grow: async service => {
      await service.kill()
      return start({ sqlite })
    },
  }
}

/** A file system that is small. The service runs on while it gets larger. */
function small(): Disk {
  const at = join(folder(), 'disk')
  mkdirSync(at)
  mount(['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', at])
  ends.push(() => execFileSync('/bin/umount', ['-l', at]))
  return {
    sqlite: join(at, 'service.db'),
    grow: async service => {
      mount(['-o', 'remount,size=64m', at])
      return service
    },
  }
}

function mount(args: readonly string[]): void {
  execFileSync('/bin/mount', args, { stdio: 'ignore' })
}

async function start({ sqlite, maxPages }: Pick<Disk, 'sqlite' | 'maxPages'>): Promise<ServiceProcess> {
  const service = await startService({ place: { sqlite }, ...(maxPages === undefined ? {} : { maxPages }) })
  ends.push(service.kill)
  return service
}

const mayMount = ((): boolean => {
  const at = mkdtempSync(join(tmpdir(), 'countersign-mount-'))
  try {
    mount(['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at])
    execFileSync('/bin/umount', [at])
    return true
  } catch {
    return false
  } finally {
    rmSync(at, { recursive: true, force: true })
  }
})()

describe.each([
  ['database that may not grow', limited, false],
  [`disk that is full${mayMount ? '' : ' (skipped: nothing can be mounted here)'}`, small, !mayMount],
] as const)('a decision service with a %s', { timeout: 60_000 }, (_, make, isSkipped) => {
  it.skipIf(isSkipped)('permits nothing, loses nothing it acknowledged, and goes on when there is room', async () => {
    const disk = make()
    const before = await start(disk)
    const hold = { action: 'refund', actor: 'bot', value: 900, context: { session_id: 's', call_id: 'held' } }
    const held = (await before.ask('POST /actions/evaluate', hold)).body.request_id as string
    const asked = asking(before)
    await asked.until(() => asked.refused.length > 50)
    await asked.stop()
    expect(asked.allowed.size).toBeGreaterThan(20)

    // Full: what is not written down is no permission, and no answer of a person.
    const refused = await question(before, 'one-more')
    expect(refused.body.allowed ?? false).toBe(false)
    expect((await before.ask('GET /approvals')).body).toMatchObject([{ request_id: held, status: 'pending' }])
    const report = { request_id: [...asked.allowed.values()][0], status: 'SUCCESS' }
    const outcome = await before.ask('POST /outcomes/report', report)
    const path = `POST /approvals/${held}/resolve`
    const said = await before.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' })

    const after = await disk.grow(before)
    await isWhole(after, asked)
    if (outcome.status === 200) {
      expect((await after.ask(`GET /outcomes/${report.request_id}`)).body).toMatchObject({ status: 'SUCCESS' })
    }
    const again = await after.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' })
    // Whoever was not told that it was taken says it again, and so may whoever was.
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({
      status: 'approved',
      ...(said.status === 200 && { resolved_at: said.body.resolved_at }),
    })
    expect((await after.ask('POST /actions/evaluate', hold)).body).toMatchObject({ allowed: true, request_id: held })
    const verified = execFileSync(process.execPath, [COMMAND, 'audit', 'verify', '--json', '--database', disk.sqlite])
    expect(JSON.parse(String(verified))).toMatchObject({ ok: true })
  })
})
