import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { OutboxClaim, Store, WindowSpend } from '../../store/store.js'
import type { KillSwitch } from '../../types.js'
import type { DurableStore } from '../store-suite.js'
import { decisionOf, itemOf, lessonOf, receiptOf, SEAL_KEY } from './samples.js'

/** What a child does once it is let go: turns a switch on and claims items if it is to, then records calls, or saves snapshots, one by one. */
export interface ChildTask {
  /** Goes before the numbers in the ids of its decisions, and in the keys of its receipts. */
  readonly name: string
  readonly count: number
  /** Goes before the numbers in the keys of receipts instead, so that children compete for them. */
  readonly keys?: string
  /** Goes before the numbers in the ids of documents that children compete for, where a call writes one. */
  readonly documents?: string
  readonly spend?: WindowSpend
  readonly killSwitch?: KillSwitch
  /** To whom an item of each call is to be told. */
  readonly tells?: string
  /** Whether each call leaves lessons. */
  readonly learns?: boolean
  /** Under which name it saves snapshots in place of recording calls, each `seq` a line. */
  readonly saves?: string
  /** Made until there is nothing to claim, each id of an item a line. */
  readonly claims?: OutboxClaim
}

/** A process that has opened the store and waits. */
export interface Child {
  readonly go: () => void
  readonly kill: () => void
  /** Resolves when it has acknowledged this many records, or has ended. */
  readonly said: (count: number) => Promise<void>
  readonly ended: () => Promise<{
    readonly code: number | null
    readonly lines: readonly string[]
    readonly errors: string
  }>
}

/** An id is written, synchronously, only after the store has acknowledged both commits of a call. */
const PROGRAM = `
  import { createHmac } from 'node:crypto'
  import { writeSync } from 'node:fs'
  const { module, factory, args, task, decision, receipt, item, lesson, key } = JSON.parse(process.argv[1])
  const store = await (await import(module))[factory](...args)
  await store.killSwitches()
  writeSync(1, 'ready\\n')
  await new Promise(resolve => process.stdin.once('data', resolve))
  const seal = text => createHmac('sha256', key).update(text).digest('hex')
  const audit = (decisionId, ...bodies) => ({ seal, entries: bodies.map(body => ({ decisionId, body: body + ' ' + decisionId })) })
  if (task.killSwitch !== undefined) await store.activateKillSwitch(task.killSwitch, audit('switch', 'on'))
  const claim = async () => (task.claims === undefined ? [] : store.claimOutbox(task.claims))
  for (let items = await claim(); items.length > 0; items = await claim())
    for (const { id } of items) writeSync(1, id + '\\n')
  const spends = task.spend === undefined ? [] : [task.spend]
  const { at } = decision
  const learnt = (decisionId, ...texts) => task.learns && texts.map(text => ({ ...lesson, decisionId, body: text + ' ' + decisionId }))
  for (let count = 0; count < task.count; count++) {
    if (task.saves !== undefined) {
      await store.saveSnapshot({ name: task.saves, seq: count, bytes: new Uint8Array(100_000).fill(count) })
      writeSync(1, count + '\\n')
      continue
    }
    const id = task.name + '-' + count
    const started = { ...receipt, key: (task.keys ?? task.name) + '-' + count, decisionId: id }
    const news = { ...item, id: 'news of ' + id, destination: task.tells, decisionId: id }
    const outbox = task.tells === undefined ? undefined : [news]
    const opened = await store.commit({
      at, decision: { ...decision, id, callId: id }, receipt: started, spends, outbox, audit: audit(id, 'decided', 'started'),
      lessons: learnt(id, 'decided', 'started'),
      documents: task.documents && [{ kind: 'job', id: task.documents + '-' + count, revision: 1, body: JSON.stringify(id), at }],
    })
    if (!opened.committed) continue
    const ended = await store.commit({
      at, execution: { decisionId: id, status: 'executed', at, durationMs: 1 }, audit: audit(id, 'executed'),
      lessons: learnt(id, 'executed'),
      receipt: { ...started, revision: 2, status: 'succeeded', endedAt: at, output: { kind: 'json', value: id } },
    })
    if (ended.committed) writeSync(1, id + '\\n')
  }
  await store.close()
  process.stdin.destroy()
`

/** Starts a process and waits until it has opened the store. @throws Error where it cannot */
export async function startChild(durable: DurableStore, args: readonly unknown[], task: ChildTask): Promise<Child> {
  const { module, factory } = durable
  const records = { decision: decisionOf(), receipt: receiptOf(), item: itemOf(), lesson: lessonOf() }
  const input = JSON.stringify({ module, factory, args, task, ...records, key: SEAL_KEY })
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, input], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let rest = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    // What follows the last line break may be the half of a line that a kill cuts off.
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  // A child that was killed does not read its input any more.
  child.stdin.on('error', () => undefined)
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve)
    child.on('error', reject)
  })
  const printed = async (count: number): Promise<void> => {
    const enough = new Promise<void>(resolve => {
      const look = (): void => {
        if (lines.length >= count) resolve()
      }
      child.stdout.on('data', look)
      look()
    })
    await Promise.race([enough, exited])
  }
  await printed(1)
  if (lines.length === 0) throw new Error(`testStore: a child process could not open the store: ${errors}`)
  return {
    go: () => child.stdin.write('go\n'),
    kill: () => child.kill('SIGKILL'),
    said: count => printed(count + 1),
    ended: async () => ({ code: await exited, lines: lines.slice(1), errors }),
  }
}

/** Opens the store in this process, from the same module as the children do. */
export async function openHere({ module, factory }: DurableStore, args: readonly unknown[]): Promise<Store> {
  const resolved = module.startsWith('file:')
    ? module
    : pathToFileURL(createRequire(join(process.cwd(), 'index.js')).resolve(module)).href
  const exported = (await import(/* @vite-ignore */ resolved)) as Readonly<
    Record<string, ((...args: readonly unknown[]) => Store | PromiseLike<Store>) | undefined>
  >
  const create = exported[factory]
  if (create === undefined) throw new TypeError(`testStore: "${module}" exports no \`${factory}\``)
  return create(...args)
}
