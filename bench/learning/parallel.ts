import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { AutonomyOptions } from 'countersign/learning'
import type { Replayed } from './autonomy.ts'

/** A trace on the disk. */
export interface TraceName {
  readonly folder: string
  readonly set: string
}

/** One replay to be played. */
export interface ReplayTask {
  readonly seed: number
  readonly autonomy: AutonomyOptions
  /** The tool whose calls all turn bad from the middle on. @defaultValue none */
  readonly tool?: string
}

/** What came of a replay, without its calls one by one. */
export type ReplayTotals = Omit<Replayed, 'questions'>

const WORKER = fileURLToPath(new URL('replay-worker.ts', import.meta.url))

/**
 * Plays all tasks on all cores; the results are in the order of the tasks. Each replay is the same as on one core.
 *
 * @throws Error where a process ends before its work is done
 */
export async function playInParallel(trace: TraceName, tasks: readonly ReplayTask[]): Promise<readonly ReplayTotals[]> {
  const results: ReplayTotals[] = []
  let next = 0
  const work = async (): Promise<void> => {
    const child = fork(WORKER, [trace.folder, trace.set])
    const gone = once(child, 'exit').then(([code]) => {
      throw new Error(`A process that plays replays of ${trace.set} has ended with ${String(code)}.`)
    })
    const played = async (): Promise<void> => {
      for (let index = next++; index < tasks.length; index = next++) {
        child.send(tasks[index] as ReplayTask)
        const [totals] = (await once(child, 'message')) as [ReplayTotals]
        results[index] = totals
      }
    }
    try {
      await Promise.race([played(), gone])
    } finally {
      gone.catch(() => undefined)
      child.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), tasks.length) }, work))
  return results
}
