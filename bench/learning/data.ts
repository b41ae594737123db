import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { RiskCase } from 'countersign/learning'

/** One call of a trace. What is under `label` is for scoring and learning, never for predicting. */
export interface TraceEvent {
  readonly call: RiskCase
  readonly trajectory: string
  /** Place in the trajectory. */
  readonly seq: number
  /** Whether the call is scored and learnt from. */
  readonly isScored: boolean
  readonly isBad: boolean
  /** `undefined` where the trace does not say. */
  readonly failed: boolean | undefined
  /** Task, customer or case; for grouped evaluation only. */
  readonly group: string | undefined
  /** The attacker's goal, where there is one. */
  readonly goal: string | undefined
}

interface Line {
  readonly trajectory_id: string
  readonly seq?: number
  readonly actor?: string
  readonly domain?: string
  readonly tool: string
  readonly arguments?: unknown
  readonly context?: string | null
  readonly provenance?: Readonly<Record<string, string>> | null
  readonly label?: {
    readonly bad?: 0 | 1 | null
    readonly gate?: boolean | null
    readonly exec_error?: 0 | 1 | null
    readonly group?: string | null
    readonly traj?: { readonly injection_task?: string | null } | null
  }
}

/** Names of the data sets in a folder. */
export function dataSets(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.jsonl.gz'))
    .map(name => name.slice(0, -'.jsonl.gz'.length))
    .toSorted()
}

/** A data set in the order of its file. */
export function readTrace(folder: string, name: string): readonly TraceEvent[] {
  const text = gunzipSync(readFileSync(`${folder}/${name}.jsonl.gz`)).toString('utf8')
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => toEvent(JSON.parse(line) as Line))
}

function toEvent(line: Line): TraceEvent {
  const { label } = line
  const goal = label?.traj?.injection_task ?? undefined
  return {
    call: {
      trajectoryId: line.trajectory_id,
      tool: String(line.tool),
      actor: line.actor ?? undefined,
      domain: line.domain ?? undefined,
      input: line.arguments,
      context: line.context ?? undefined,
      provenance: line.provenance ?? undefined,
    },
    trajectory: line.trajectory_id,
    seq: line.seq ?? 0,
    isScored: label?.gate !== false && typeof label?.bad === 'number',
    isBad: label?.bad === 1,
    failed: typeof label?.exec_error === 'number' ? label.exec_error === 1 : undefined,
    group: label?.group ?? undefined,
    goal: goal === undefined ? undefined : `${line.domain ?? ''} ${goal}`,
  }
}
