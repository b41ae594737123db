import type { Approval } from 'countersign'
import { type Row, rowsOf } from './rows.js'

/** Requests that are much alike: one tool, one actor, inputs of one form. */
export interface Batch {
  /** Two of them at least. */
  readonly approvals: readonly Approval[]
  /** What all of them say. */
  readonly same: readonly Row[]
  /** Where they differ, and what each of them has there, in their order. */
  readonly different: readonly { readonly path: string; readonly values: readonly Row[] }[]
}

/** One request by itself, or several together. */
export type Waiting = { readonly approval: Approval } | { readonly batch: Batch }

/** Inputs that differ in more places are not alike. */
const MOST_DIFFERENCES = 4

/** Puts requests together that are alike, each where the first of its kind stands. */
export function batchesOf(approvals: readonly Approval[]): readonly Waiting[] {
  const kinds = new Map<string, Approval[]>()
  for (const approval of approvals) {
    const kind = kindOf(approval)
    const known = kinds.get(kind)
    if (known === undefined) kinds.set(kind, [approval])
    else known.push(approval)
  }
  return [...kinds.values()].flatMap((alike): readonly Waiting[] => {
    const batch = alike.length < 2 ? undefined : batchOf(alike)
    return batch === undefined ? alike.map(approval => ({ approval })) : [{ batch }]
  })
}

function batchOf(approvals: readonly Approval[]): Batch | undefined {
  const tables = approvals.map(({ call }) => rowsOf(call.input))
  const [first] = tables
  if (first === undefined || tables.some(({ leftOut }) => leftOut > 0)) return undefined
  const columns = first.rows.map((row, index) => ({
    row,
    values: tables.map(({ rows }) => rows[index] ?? row),
  }))
  const isSame = ({ row, values }: (typeof columns)[number]): boolean =>
    values.every(({ kind, text }) => kind === row.kind && text === row.text)
  const different = columns.filter(column => !isSame(column))
  if (different.length > MOST_DIFFERENCES) return undefined
  return {
    approvals,
    same: columns.filter(isSame).map(({ row }) => row),
    different: different.map(({ row: { path }, values }) => ({ path, values })),
  }
}

/** What is alike has one kind: everything a person would decide by, but the values. */
function kindOf(approval: Approval): string {
  const { call, actor, domain, tenant, stages, policyVersion, escalated } = approval
  const isEdited = 'edit' in approval && approval.edit !== undefined
  const form = isEdited || approval.votes.length > 0 ? approval.id : rowsOf(call.input).rows.map(({ path }) => path)
  return JSON.stringify([call.name, actor, domain, tenant, stages, policyVersion, escalated, form])
}
