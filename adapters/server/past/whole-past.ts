import type { DocumentStore } from 'countersign'
import type { InsightListing, InsightStore } from '../../../src/learn/insight/walk.js'
import type { History } from './history.js'

/** What is remembered, and behind it what the store holds: lists what the store would, most of it from memory. */
export function wholePast(history: History, store: Pick<DocumentStore, 'listDecisions'>): InsightStore {
  const listDecisions = async (filter: InsightListing) => {
    const { before, limit = 100 } = filter
    const found = await history.listDecisions(filter)
    if (found.length >= limit || !history.isCut) return found
    const isOlder = before !== undefined && !history.has(before)
    const last = isOlder ? before : history.oldest
    const behind = { ...filter, ...(last !== undefined && { before: last }), limit: limit - found.length }
    return [...found, ...(await store.listDecisions(behind))]
  }
  return { listDecisions, getApproval: id => history.getApproval(id) }
}
