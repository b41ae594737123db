import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ReportStatus } from 'countersign'
import { type Fault, standInService, type StandInService } from 'countersign/testing'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { INGEST, OUTCOME, OUTCOMES } from './reports-support.js'
import type { ReportsTask } from './reports-task.js'

const PROGRAM = fileURLToPath(new URL('reports-child.ts', import.meta.url))
const MINUTE_MS = 60_000
const BEGIN = Date.UTC(2026, 0, 5, 12)
/** `CRASHES=n` dies more often. */
const ROUNDS = Math.max(4, Math.ceil(Number(process.env['CRASHES'] ?? 4000) / 1000))
const PROCESSES = 2
/** Milliseconds up to which a process lives after what it was waited for. */
const LIFE_MS = 160

const directory = mkdtempSync(join(tmpdir(), 'countersign-reports-'))
const children = new Set<ChildProcess>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** When a process is killed: so many milliseconds after it has said something. */
interface Death {
  readonly after: 'ready' | 'executed'
  readonly ms: number
}

/** Runs a real process to its end, or to its death; what it said, line by line. */
function live(task: ReportsTask, death?: Death): Promise<readonly string[]> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let text = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const isNew = death !== undefined && !text.includes(death.after)
    text += chunk
    if (isNew && text.includes(death.after)) setTimeout(() => child.kill('SIGKILL'), death.ms)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      children.delete(child)
      const isAsMeant = death === undefined ? code === 0 : signal === 'SIGKILL'
      if (!isAsMeant) return reject(new Error(`a process ended with ${code ?? signal}: ${errors}`))
      // What follows the last line break may be the half of a line that a kill cut off.
      resolve(text.split('\n').slice(1, -1))
    })
  })
}

/** A service that takes no reports, or takes them and breaks off before it says so. */
function trouble(service: StandInService, fault: Fault, times: number): void {
  for (const path of [INGEST, OUTCOME, OUTCOMES]) service.fault(path, fault, times)
}

describe('processes that are killed', { timeout: 120_000 }, () => {
  it.each<[string, isOnce: boolean, (service: StandInService) => void]>([
    ['while no report gets through', true, service => trouble(service, { kind: 'reset', at: 'request' }, 1_000_000)],
    ['while reports are told', false, () => undefined],
    [
      'while reports are told, and answers are lost',
      false,
      service => trouble(service, { kind: 'reset', at: 'answer' }, 4),
    ],
  ])('%s, have lost none of what they had acknowledged, and the service keeps each', async (title, isOnce, disturb) => {
    await using service = await standInService()
    const database = join(directory, `${title.length}.db`)
    const task = (name: string, round: number, delivers = false): ReportsTask => ({
      name,
      database,
      url: service.url,
      now: BEGIN + round * MINUTE_MS,
      delivers,
    })
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      disturb(service)
      const said = await Promise.all(
        Array.from({ length: PROCESSES }, (_, index) =>
          live(task(`${round}-${index}`, round), {
            after: index === 0 ? 'ready' : 'executed',
            ms: ((round * PROCESSES + index) * 37) % LIFE_MS,
          }),
        ),
      )
      acknowledged.push(...said.flat())
    }
    // What was not met of the faults is gone with the service that had them.
    await service.close()
    await service.up()
    const stored = service.memory.length
    const [status = ''] = await live(task('last', ROUNDS, true))

    const counts = JSON.parse(status) as ReportStatus
    const ids = acknowledged.map(line => line.split(' ')[1])
    console.log(
      `${ROUNDS * PROCESSES} processes killed ${title}: ${ids.length} calls acknowledged, ${stored} events stored before the last process, which delivered ${counts.delivered}`,
    )
    expect(acknowledged.length).toBeGreaterThan(20)
    expect(acknowledged.filter(line => !line.startsWith('executed act_'))).toEqual([])
    expect(counts).toMatchObject({ waiting: 0, failed: 0, dropped: 0 })
    expect(counts.delivered).toBeGreaterThan(0)

    const outcomes = Map.groupBy(service.outcomes, ({ request_id: id }) => id)
    const events = Map.groupBy(service.memory, ({ request_id: id }) => id)
    expect(ids.filter(id => !outcomes.has(id) || events.get(id)?.length !== 1)).toEqual([])
    expect(service.outcomes.filter(({ status: word }) => word !== 'SUCCESS')).toEqual([])
    // An answer that was lost with a process can make an outcome come twice; where none was given, none does.
    if (isOnce) expect([...outcomes.values()].filter(({ length }) => length > 1)).toEqual([])
  })
})
