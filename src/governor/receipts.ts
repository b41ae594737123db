import type { Clock } from '../ambient.js'
import { storeOutput } from '../capture/storable.js'
import { expect, knownKeys, oneOf } from '../check.js'
import { GovernanceError } from '../errors.js'
import { fail, release, succeed } from '../execute/ledger/machine.js'
import type { Receipt } from '../receipt.js'
import type { ReceiptFilter, Store } from '../store/store.js'
import type { Journal } from './journal.js'

/** What a person found out about an effect whose end was unknown. */
export interface Settlement {
  /** `not_started`: nothing had happened, and the call may be executed again. */
  readonly status: 'succeeded' | 'failed' | 'not_started'
  /** Who found out. */
  readonly by: string
  /** What the call is to give back from now on. */
  readonly output?: unknown
  readonly comment?: string
}

/** The effect ledger, as one scope sees it. */
export interface ReceiptControl {
  /** The effect that was claimed last comes first. `{ status: 'unknown' }` lists what a person has to look into. */
  readonly list: (filter?: ReceiptFilter) => Promise<readonly Receipt[]>
  /** By the key that the tool was handed. */
  readonly get: (key: string) => Promise<Receipt | undefined>
  /** @throws GovernanceError `not-found`; `not-pending` unless how it ended is unknown; `invalid-option` */
  readonly settle: (key: string, settlement: Settlement) => Promise<Receipt>
}

/** What control over receipts needs of a governor. */
export interface ReceiptParts {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: string | undefined
}

const KEYS = ['status', 'by', 'output', 'comment'] satisfies (keyof Settlement)[]

/** The receipts of a store, as one scope sees them. */
export function receiptControl({ store, journal, clock, tenant }: ReceiptParts): ReceiptControl {
  const get = async (key: string): Promise<Receipt | undefined> => {
    const receipt = await store.getReceipt(key)
    return tenant === undefined || receipt?.tenant === tenant ? receipt : undefined
  }
  return {
    get,
    list: async (filter = {}) => store.listReceipts(tenant === undefined ? filter : { ...filter, tenant }),
    settle: async (key, settlement) => {
      checkSettlement(settlement)
      const receipt = await get(key)
      if (receipt === undefined)
        throw new GovernanceError('not-found', `receipts.settle: there is no receipt "${key}".`)
      const at = clock.now()
      const settled = settledReceipt(receipt, settlement, at)
      const { committed } = await journal.commit({ at, receipt: settled })
      if (!committed)
        throw new GovernanceError(
          'not-pending',
          `receipts.settle: receipt "${key}" has changed meanwhile; look at it again.`,
        )
      return settled
    },
  }
}

function settledReceipt(receipt: Receipt, { status, by, output, comment }: Settlement, at: number): Receipt {
  if (receipt.status !== 'unknown') {
    throw new GovernanceError(
      'not-pending',
      `receipts.settle: receipt "${receipt.key}" is ${receipt.status}; only one whose end is unknown can be settled.`,
    )
  }
  switch (status) {
    case 'succeeded':
      return { ...succeed(receipt, storeOutput(output), at), settledBy: by }
    case 'failed':
      return {
        ...fail(receipt, { name: 'Error', message: comment ?? `"${by}" found that it had failed` }, at),
        settledBy: by,
      }
    case 'not_started':
      return { ...release(receipt), settledBy: by }
  }
}

function checkSettlement(settlement: Settlement): void {
  const place = 'settle'
  expect(typeof settlement === 'object' && settlement !== null, place, '{ status, by }')
  knownKeys(settlement, KEYS, place)
  oneOf(`${place}.status`, settlement.status, ['succeeded', 'failed', 'not_started'])
  expect(typeof settlement.by === 'string' && settlement.by !== '', `${place}.by`, 'the name of who found out')
}
