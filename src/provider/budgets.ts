import { chain } from '../ambient.js'
import { invalid } from '../check.js'
import { GovernanceError, suggestion } from '../errors.js'
import type { Store, WindowSpend } from '../store/store.js'
import { Windows } from '../store/windows.js'
import type { Awaitable, Scope } from '../types.js'
import { type Budget, SCALE, windowKey } from './budget-options.js'
import { isNamed, nameOf } from './by-model.js'
import { ModelError } from './failure.js'
import { costOf, type Prices } from './prices.js'
import type { ModelTarget, TokenUsage } from './request.js'

/** Where budgets are counted. */
interface Account {
  /** The window without room, if there is one; then nothing is counted. */
  readonly spend: (spends: readonly WindowSpend[], at: number) => Awaitable<string | undefined>
}

/** What budgets are made of. */
export interface BudgetParts {
  readonly budgets: readonly Budget[]
  readonly prices: Prices
  /** Keeps them across processes. */
  readonly store: Store | undefined
}

/** What is set aside for a request that is on its way. */
export interface Reservation {
  /** Counts what was really used in its place; without a usage, nothing was. */
  readonly settle: (usage: TokenUsage | undefined) => Awaitable<void>
}

const NOTHING: Reservation = { settle: () => undefined }

/**
 * What may be used up. The most that a request may take is set aside before it is sent, so that any number of them at once
 * stay within the budget; what it really took replaces that, counted at the same instant.
 */
export class Budgets {
  readonly #parts: BudgetParts
  readonly #account: Account

  constructor(parts: BudgetParts) {
    this.#parts = parts
    this.#account = parts.store === undefined ? memoryAccount() : storeAccount(parts.store)
  }

  /** @throws GovernanceError `invalid-option` for a model whose price a budget in money needs, and nobody gave */
  check(target: ModelTarget): void {
    const { budgets, prices } = this.#parts
    const needs = budgets.find(({ cost, models }) => cost !== undefined && isNamed(models, target))
    if (needs === undefined || costOf(prices, target, { inputTokens: 0, outputTokens: 0 }) !== undefined) return
    const name = nameOf(target)
    const why = `the budget "${needs.name}" is in money, and nobody said what ${name} costs`
    throw invalid(`prices.${name}`, `expected a price: ${why}.${suggestion(name, Object.keys(prices))}`)
  }

  /** Sets aside what a request may take. @throws ModelError `budget`; GovernanceError `store-failed` */
  async reserve(target: ModelTarget, scope: Scope, usage: TokenUsage, at: number): Promise<Reservation> {
    this.check(target)
    const spends = this.#spends(target, scope, usage, at)
    if (spends.length === 0) return NOTHING
    const exceeded = await this.#account.spend(spends, at)
    if (exceeded !== undefined) throw this.#exceeded(exceeded, target, scope, at)
    return {
      settle: used => {
        const real = used === undefined ? [] : this.#spends(target, scope, used, at)
        const corrections = spends.map((spend, index) => correction(spend, real[index]?.amount ?? 0))
        const wrong = corrections.filter(({ amount }) => amount !== 0)
        // At the time at which it was set aside: what leaves a window must be what entered it.
        return wrong.length === 0 ? undefined : chain(this.#account.spend(wrong, at), () => undefined)
      },
    }
  }

  /** Whether a request that does not fit goes on to the next model. */
  goesOn(name: string | undefined): boolean {
    return this.#parts.budgets.every(budget => budget.name !== name || budget.exceeded === 'next_model')
  }

  #spends(target: ModelTarget, scope: Scope, usage: TokenUsage, at: number): readonly WindowSpend[] {
    const { budgets, prices } = this.#parts
    const tokens = (usage.inputTokens + usage.outputTokens) * SCALE
    const cost = costOf(prices, target, usage) ?? 0
    const spends: WindowSpend[] = []
    for (const budget of budgets) {
      if (!isNamed(budget.models, target)) continue
      const { windowMs } = budget
      if (budget.tokens !== undefined)
        spends.push({ key: windowKey(budget, 'tokens', scope, at), windowMs, amount: tokens, max: budget.tokens })
      if (budget.cost !== undefined)
        spends.push({ key: windowKey(budget, 'cost', scope, at), windowMs, amount: cost, max: budget.cost })
    }
    return spends
  }

  #exceeded(key: string, target: ModelTarget, scope: Scope, at: number): ModelError {
    const isIt = (budget: Budget): boolean =>
      windowKey(budget, 'tokens', scope, at) === key || windowKey(budget, 'cost', scope, at) === key
    const budget = this.#parts.budgets.find(isIt)?.name
    return new ModelError(`the budget "${budget}" has no room for this request to ${nameOf(target)}`, {
      kind: 'budget',
      target,
      budget,
    })
  }
}

function correction(spend: WindowSpend, amount: number): WindowSpend {
  return { ...spend, amount: amount - spend.amount, max: Number.POSITIVE_INFINITY }
}

function memoryAccount(): Account {
  const windows = new Windows()
  return {
    spend: (spends, at) => {
      const exceeded = windows.exceeded(spends, at)
      if (exceeded === undefined) windows.spend(spends, at)
      return exceeded
    },
  }
}

function storeAccount(store: Store): Account {
  return {
    spend: async (spends, at) => {
      try {
        const result = await store.commit({ at, spends })
        return result.committed || !('exceeded' in result) ? undefined : result.exceeded
      } catch (cause) {
        throw new GovernanceError('store-failed', 'the budgets could not be counted', { cause })
      }
    },
  }
}
