import { createGovernor, GovernanceError, memoryStore, type Store } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern } from '../support/governing.js'

describe('a deny of a value', () => {
  it.each([
    [100, '1e2'],
    [100, ' 100'],
    [100, '0x64'],
    [100, '100.0'],
    [true, 1],
    [true, '1'],
    [false, 0],
  ])('of %j holds for %j, which a tool may take for it', async (denied, sent) => {
    const { governor } = govern({
      policy: [
        { id: 'any', effect: 'allow' },
        { id: 'not', when: { 'input.n': denied }, effect: 'deny' },
      ],
    })
    expect((await governor.decide(call('t', { n: sent }))).result).toBe('blocked')
    expect((await governor.decide(call('t', { n: 'other' }))).result).toBe('allowed')
  })
})

describe('what a store says of its failure', () => {
  it('does not reach the model', async () => {
    const store: Store = {
      ...memoryStore(),
      killSwitches: () => {
        throw new GovernanceError('store-failed', "mkdir '/home/secret-dir' failed")
      },
    }
    const { reason } = await createGovernor({ store }).decide(call('t'))
    expect(reason).toBe('Evaluation failed (fail_closed): the store failed')
  })
})

describe('an object whose content cannot be read', () => {
  it('has no fingerprint, so that two of them never pass for one', async () => {
    class Money {
      readonly #amount: number
      constructor(amount: number) {
        this.#amount = amount
      }
      amount(): number {
        return this.#amount
      }
    }
    const { governor } = govern({ unlisted: 'allow' })
    const execution = await governor.run(call('t', { money: new Money(1) }), () => expect.unreachable())
    expect(execution).toMatchObject({ status: 'blocked' })
  })
})

describe('a misspelt scope of a call', () => {
  it('is refused, not taken for no scope', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const scope = { tenat: 'other' } as never
    const message = /unknown option; known are .*Did you mean "tenant"/
    await expect(governor.run(call('t'), () => expect.unreachable(), scope)).rejects.toThrow(message)
    await expect(governor.prepare(call('t'), scope)).rejects.toThrow(message)
    await expect(governor.decide(call('t'), scope)).rejects.toThrow(message)
  })
})

describe('a path to mask that leads through a list', () => {
  it('masks every item of it', async () => {
    const { governor, events } = govern({
      unlisted: 'allow',
      inputs: 'visible',
      tools: { t: { redact: ['cards.number'] } },
    })
    await governor.run(call('t', { cards: [{ number: '4111', kind: 'visa' }, { number: '4222' }] }), () => 1)
    const [made] = events
    expect(made).toMatchObject({
      call: { input: { cards: [{ number: '[redacted]', kind: 'visa' }, { number: '[redacted]' }] } },
    })
  })
})
