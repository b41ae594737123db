// Plays replays of one trace in a process of its own; see parallel.ts.
import { Player } from './autonomy.ts'
import { readTrace, type TraceEvent } from './data.ts'
import type { ReplayTask } from './parallel.ts'

const [folder = '', set = ''] = process.argv.slice(2)
const player = new Player(readTrace(folder, set))
process.on('message', ({ seed, autonomy, tool }: ReplayTask) => {
  const drift = tool === undefined ? undefined : ({ call }: TraceEvent) => call.tool === tool
  const { questions: _, ...replayed } = player.play(seed, autonomy, drift)
  process.send?.(replayed)
})
