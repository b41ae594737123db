import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { place as commandLine } from '../cli/command.js'
import { type Brought, type GovernorProcess, startGovernor } from './governor-process.js'
import type { Place } from './place.js'
import { type ServiceProcess, type ServiceTask, startService } from './service-process.js'

/** What a changed call is looked at by, before it is taken. */
const ASKING = 'version: 1\nname: desk\nrules:\n  - { id: ask, tools: [refund], effect: require_approval }\n'
const HOUR = 3_600_000
/** Longer than a governor believes that an effect runs of which it hears nothing. */
const LEASE_OVER = 120_000

/** Where the service and the governors keep their records: apart, on one database. */
export interface Places {
  readonly service: Place
  readonly governors: Place
}

interface World {
  readonly at: Places
  readonly service: ServiceProcess
  readonly one: GovernorProcess
  readonly other: GovernorProcess
  /** One more, in the place of one that is gone. */
  readonly another: () => Promise<GovernorProcess>
  /** The service again, on its port, once it is gone. */
  readonly restart: () => Promise<ServiceProcess>
  /** What took place. */
  readonly effects: () => readonly string[]
  /** A person at a command line: exit code and what was said. Their words are those of `countersign approvals`. */
  readonly person: (...words: readonly string[]) => Promise<{ readonly code: number | null; readonly stderr: string }>
  /** The same, on a database. */
  readonly personOn: (place: Place, ...words: readonly string[]) => Promise<{ readonly code: number | null }>
}

const refund = (id: string, fields: Partial<Brought> = {}): Brought => ({
  id,
  tool: 'refund',
  input: { amount: 900, order: 'A' },
  ...fields,
})

/** What must hold for two governors, a person and a decision service, each in a process of its own. */
export function acrossGovernors(fresh: () => Promise<Places>): void {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })

  const world = async (task: Omit<Partial<ServiceTask>, 'place'> = {}): Promise<World> => {
    const places = await fresh()
    const folder = mkdtempSync(join(tmpdir(), 'countersign-governors-'))
    const bank = join(folder, 'bank')
    ends.push(() => rmSync(folder, { recursive: true }))
    const serve = async (port?: number): Promise<ServiceProcess> => {
      const started = await startService({ place: places.service, ...task, ...(port === undefined ? {} : { port }) })
      ends.push(started.kill)
      return started
    }
    const service = await serve()
    const another = async (): Promise<GovernorProcess> => {
      const started = await startGovernor({ place: places.governors, url: service.url, bank })
      ends.push(started.kill)
      return started
    }
    const [one, other] = await Promise.all([another(), another()])
    const desk = commandLine()
    ends.push(() => desk[Symbol.dispose]())
    const person: World['person'] = (...words) =>
      desk.run(['approvals', ...words], {
        COUNTERSIGN_URL: service.url,
        COUNTERSIGN_APPROVER_KEY: 'dana-key-of-the-tests',
      })
    const personOn: World['personOn'] = (place, ...words) => {
      const database = 'sqlite' in place ? place.sqlite : place.postgres
      writeFileSync(join(desk.directory, 'policy.yaml'), ASKING)
      return desk.run(['approvals', ...words, '--by', 'dana', '--database', database, '--policy', 'policy.yaml'])
    }
    const effects = (): readonly string[] => {
      try {
        return readFileSync(bank, 'utf8').trim().split('\n')
      } catch {
        return []
      }
    }
    return { at: places, service, one, other, another, restart: () => serve(service.port), effects, person, personOn }
  }
  const PAID = '{"amount":900,"order":"A"}'

  it('run a call that both bring, many times at once, once; and all are given its result', async () => {
    const { one, other, effects } = await world()
    const ids = Array.from({ length: 8 }, (_, index) => `look-${index}`)
    const ended = await Promise.all(
      ids.flatMap(id => [one, other, other, one].map(governor => governor.run({ id, tool: 'look', input: {} }))),
    )
    expect(ended.map(({ status }) => status)).toEqual(ended.map(() => 'executed'))
    expect(effects().toSorted()).toEqual(ids.map(id => `${id} {}`))
    for (const index of ids.keys()) {
      expect(new Set(ended.slice(index * 4, index * 4 + 4).map(({ output }) => output)).size).toBe(1)
    }
  })

  it('count calls against a limit of the service once, whichever of them brings them', async () => {
    const { one, other, effects } = await world()
    const ids = ['1', '2', '3', '4', '5']
    const ended = await Promise.all(
      ids.flatMap(id => [one, other].map(governor => governor.run({ id, tool: 'mail', input: {} }))),
    )
    expect(ended.filter(({ status }) => status === 'executed')).toHaveLength(6)
    expect(ended.filter(({ status }) => status === 'blocked')).toHaveLength(4)
    expect(effects()).toHaveLength(3)
  })

  it('run what a person has approved once, though both wait for it and the person says it twice', async () => {
    const { one, other, effects, person, service } = await world()
    const { requestId = '' } = await one.run(refund('r'))
    const waiting = [one, other, one].map(governor => governor.run(refund('r', { waits: true })))
    expect(effects()).toEqual([])
    const said = await Promise.all([person('approve', requestId), person('approve', requestId)])
    // The same once more is told what holds, and is counted once.
    expect(said.map(({ code }) => code)).toEqual([0, 0])
    const ended = await Promise.all(waiting)
    expect(ended.map(({ status }) => status)).toEqual(['executed', 'executed', 'executed'])
    expect(effects()).toEqual([`r ${PAID}`])
    expect((await person('approve', requestId)).code).toBe(0)
    expect((await person('reject', requestId)).code).toBe(1)
    expect((await other.run(refund('r'))).status).toBe('executed')
    expect(effects()).toHaveLength(1)
    const { body } = await service.ask('GET /approvals?status=all')
    expect(body).toMatchObject([{ request_id: requestId, consumed: true, resolved_by: 'dana' }])
  })

  it('run nothing that a person has rejected, whatever is said or brought afterwards', async () => {
    const { one, other, effects, person } = await world()
    const { requestId = '' } = await one.run(refund('r'))
    const waiting = other.run(refund('r', { waits: true }))
    expect((await person('reject', requestId, '--comment', 'not our customer')).code).toBe(0)
    expect(await waiting).toMatchObject({ status: 'blocked', message: expect.stringContaining('not our customer') })
    expect((await person('approve', requestId)).code).toBe(1)
    for (const governor of [one, other]) expect((await governor.run(refund('r'))).status).toBe('blocked')
    expect(effects()).toEqual([])
  })

  it('do as one of two people says who contradict each other at the same moment', async () => {
    const { one, other, effects, service } = await world()
    const { requestId = '' } = await one.run(refund('r'))
    const waiting = [one, other].map(governor => governor.run(refund('r', { waits: true })))
    const path = `POST /approvals/${requestId}/resolve`
    const [yes, no] = await Promise.all([
      service.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' }),
      service.ask(path, { resolution: 'denied' }, { key: 'eve-key-of-the-tests' }),
    ])
    expect([yes.status, no.status].toSorted((a, b) => a - b)).toEqual([200, 409])
    const status = yes.status === 200 ? 'executed' : 'blocked'
    expect((await Promise.all(waiting)).map(ended => ended.status)).toEqual([status, status])
    expect(effects()).toHaveLength(yes.status === 200 ? 1 : 0)
  })

  it('run neither what was asked nor what a person made of it, where the service has it changed', async () => {
    const { at, one, other, effects, personOn } = await world()
    const { requestId = '' } = await one.run(refund('r'))
    const waiting = [one, other].map(governor => governor.run(refund('r', { waits: true })))
    const { code } = await personOn(at.service, 'approve', requestId, '--input', '{"value":9}')
    expect(code).toBe(0)
    for (const ended of await Promise.all(waiting)) expect(ended.status).toBe('blocked')
    expect(effects()).toEqual([])
  })

  it('run what a person makes of a call among their own requests once, and what was asked never', async () => {
    const { at, one, other, effects, personOn } = await world()
    const { approvalId = '' } = await one.run(refund('r'))
    const { code } = await personOn(at.governors, 'approve', approvalId, '--input', '{"amount":9,"order":"A"}')
    expect(code).toBe(0)
    const ended = await Promise.all([one, other, one].map(governor => governor.run(refund('r'))))
    expect(ended.map(({ status }) => status)).toEqual(['executed', 'executed', 'executed'])
    expect(effects()).toEqual(['r {"amount":9,"order":"A"}'])
  })

  it('run nothing that is approved after its time, by the clock of the service or by their own', async () => {
    const { one, other, effects, person, service } = await world({ approvals: { ttlMs: HOUR } })
    const late = await one.run(refund('late'))
    await service.move(2 * HOUR)
    expect((await person('approve', late.requestId ?? '')).code).toBe(1)
    for (const governor of [one, other]) expect((await governor.run(refund('late'))).status).not.toBe('executed')
    await service.move(0)
    const early = await one.run(refund('early'))
    await Promise.all([one.move(1000 * HOUR), other.move(1000 * HOUR)])
    await person('approve', early.requestId ?? '')
    for (const governor of [one, other]) expect((await governor.run(refund('early'))).status).not.toBe('executed')
    expect(effects()).toEqual([])
  })

  it('have a person asked anew where what comes back has other arguments, though the service was told of none', async () => {
    const { one, other, effects, person } = await world()
    const { requestId = '' } = await one.run(refund('r'))
    expect((await person('approve', requestId)).code).toBe(0)
    const others = [{ amount: 900, order: 'B' }, { amount: 9000, order: 'A' }, { amount: 900 }]
    const replay = async (): Promise<void> => {
      for (const input of others) {
        for (const governor of [one, other]) {
          expect((await governor.run(refund('r', { input }))).status).toBe('approval_required')
        }
      }
    }
    await replay()
    expect((await other.run(refund('r'))).status).toBe('executed')
    await replay()
    expect((await one.run(refund('r', { user: 'eve' }))).status).toBe('approval_required')
    expect(effects()).toEqual([`r ${PAID}`])
  })

  it('go on with what was allowed, or approved, to one that was killed before it began it', async () => {
    const { one, other, effects, person } = await world()
    const { requestId = '' } = await one.run(refund('held'))
    await person('approve', requestId)
    await one.stands({ id: 'look', tool: 'look', input: {}, standsAt: 'answered' })
    await one.stands(refund('held', { standsAt: 'answered' }))
    await one.kill()
    expect((await other.run({ id: 'look', tool: 'look', input: {} })).status).toBe('executed')
    expect((await other.run(refund('held'))).status).toBe('executed')
    expect(effects()).toEqual(['look {}', `held ${PAID}`])
  })

  it.each(['begun', 'done'] as const)('never repeat what one had %s that was killed', async standsAt => {
    const { one, other, another, effects, person } = await world()
    const { requestId = '' } = await one.run(refund('held'))
    await person('approve', requestId)
    await one.stands({ id: 'look', tool: 'look', input: {}, standsAt })
    await one.stands(refund('held', { standsAt }))
    const before = effects()
    expect(before).toHaveLength(standsAt === 'done' ? 2 : 0)
    await one.kill()
    const next = await another()
    for (const governor of [other, next]) {
      await governor.move(LEASE_OVER)
      const ended = [await governor.run({ id: 'look', tool: 'look', input: {} }), await governor.run(refund('held'))]
      for (const { status, message } of ended) {
        expect(status).toBe('blocked')
        expect(message).toContain('whether it took effect is not known')
      }
    }
    expect(effects()).toEqual(before)
  })

  it('let nothing through while the service is gone, and go on where it was when it is back', async () => {
    const { one, other, another, effects, person, service, restart } = await world()
    const { requestId = '' } = await one.run(refund('held'))
    const waiting = [one, other].map(governor => governor.run(refund('held', { waits: true })))
    await service.kill()
    expect((await other.run({ id: 'look', tool: 'look', input: {} })).status).toBe('blocked')
    expect((await person('approve', requestId)).code).toBe(1)
    expect(effects()).toEqual([])
    await restart()
    expect((await person('approve', requestId)).code).toBe(0)
    // Who was cut off while asking is refused, and leaves a service alone for a while that it cannot reach.
    for (const { status } of await Promise.all(waiting)) expect(['executed', 'blocked']).toContain(status)
    expect((await (await another()).run(refund('held', { waits: true }))).status).toBe('executed')
    expect(effects()).toEqual([`held ${PAID}`])
  })

  it('lose no answer that was given right before the service was killed', async () => {
    const { one, other, effects, person, service, restart } = await world()
    const { requestId = '' } = await one.run(refund('held'))
    expect((await person('approve', requestId)).code).toBe(0)
    await service.kill()
    await restart()
    const ended = await Promise.all([one, other].map(governor => governor.run(refund('held', { waits: true }))))
    expect(ended.map(({ status }) => status)).toEqual(['executed', 'executed'])
    expect(effects()).toEqual([`held ${PAID}`])
  })

  it('stop when the switch of the service is thrown, what was approved before too', async () => {
    const { one, other, effects, person, service } = await world()
    const { requestId = '' } = await one.run(refund('held'))
    await person('approve', requestId)
    await service.ask('POST /kill-switch/activate', { reason: 'odd' })
    for (const governor of [one, other]) {
      expect((await governor.run(refund('held'))).status).toBe('blocked')
      expect((await governor.run({ id: 'look', tool: 'look', input: {} })).status).toBe('blocked')
    }
    expect(effects()).toEqual([])
  })
}
