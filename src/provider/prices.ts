import { expect, knownKeys } from '../check.js'
import { type ByModel, checkTable, ofModel } from './by-model.js'
import type { ModelTarget, TokenUsage } from './request.js'

/** What a model costs, per million tokens, in whatever currency budgets are in. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  /** Of input that the provider had cached. @defaultValue the price of input */
  readonly cachedInput?: number
}

/** Prices by model: `provider/model`, `model`, or `*`. */
export type Prices = ByModel<ModelPrice>

/** What an answer costs, in millionths: tokens times a price per million. `undefined` where nobody said. */
export function costOf(prices: Prices, target: ModelTarget, usage: TokenUsage): number | undefined {
  const price = ofModel(prices, target)
  if (price === undefined) return undefined
  const { inputTokens, cachedInputTokens = 0, outputTokens } = usage
  const cached = Math.min(cachedInputTokens, inputTokens)
  const { input, output, cachedInput = input } = price
  return Math.ceil((inputTokens - cached) * input + cached * cachedInput + outputTokens * output)
}

/** @throws GovernanceError `invalid-option` */
export function checkPrices(prices: Prices, place: string): void {
  checkTable(prices, place)
  for (const [model, price] of Object.entries(prices)) {
    const at = `${place}.${model}`
    expect(typeof price === 'object' && price !== null, at, '{ input, output, cachedInput } per million tokens')
    knownKeys(price, ['input', 'output', 'cachedInput'], at)
    for (const kind of ['input', 'output', 'cachedInput'] as const) {
      const value = price[kind]
      const isLeftOut = value === undefined && kind === 'cachedInput'
      expect(isLeftOut || isAmount(value), `${at}.${kind}`, 'a price of 0 or more, per million tokens')
    }
  }
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
