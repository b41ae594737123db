import type { DecisionResult, ExecutionStatus } from 'countersign'

/** What both frameworks' streams say of a call: first its decision, then how it ended. */
export interface Sighting {
  readonly decisionId: string
  readonly tool: string
  readonly result: DecisionResult
  readonly status?: ExecutionStatus
  readonly reason: string
}

/** Statuses of one framework's calls. */
export interface Tally {
  executed: number
  blocked: number
  approval_required: number
}

/** Counts the calls of a stream by how they ended, and shows each once, as it ends. */
export async function watch(
  framework: string,
  sightings: AsyncIterable<Sighting>,
  show: (line: string) => void,
): Promise<Tally> {
  const tally: Tally = { executed: 0, blocked: 0, approval_required: 0 }
  const ended = new Set<string>()
  for await (const { decisionId, tool, result, status, reason } of sightings) {
    if (status === undefined || ended.has(decisionId)) continue
    ended.add(decisionId)
    show(`${framework.padEnd(10)} ${tool.padEnd(13)} ${result.padEnd(18)} ${status.padEnd(18)} ${reason}`)
    if (status !== 'tool_error') tally[status]++
  }
  return tally
}

/** The table at the end. */
export function table(frameworks: Readonly<Record<string, Tally>>): string {
  const columns = ['executed', 'blocked', 'approval_required'] as const
  const head = `${''.padEnd(12)}${columns.map(column => column.padStart(19)).join('')}`
  const rows = Object.entries(frameworks).map(
    ([name, tally]) => `${name.padEnd(12)}${columns.map(column => String(tally[column]).padStart(19)).join('')}`,
  )
  return [head, ...rows].join('\n')
}
