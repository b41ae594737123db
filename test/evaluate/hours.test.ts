import { definePolicy } from 'countersign'
import type { HoursSpec } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern, testClock } from '../support/governing.js'

const isWithin = async (during: HoursSpec, at: string): Promise<boolean> => {
  const policy = definePolicy({ rules: [{ id: 'r', effect: 'deny', during }] })
  const { governor } = govern({ policy, unlisted: 'allow', clock: testClock(Date.parse(at)) })
  return (await governor.decide(call('t'))).result === 'blocked'
}

// 5 January 2026 is a Monday.
describe('hours', () => {
  it.each([
    ['2026-01-05T08:59:59Z', false],
    ['2026-01-05T09:00:00Z', true],
    ['2026-01-05T16:59:59Z', true],
    ['2026-01-05T17:00:00Z', false],
  ])('include their beginning and not their end: %s', async (at, expected) => {
    expect(await isWithin({ from: '09:00', to: '17:00' }, at)).toBe(expected)
  })

  it.each([
    ['2026-01-05T09:29:00Z', false],
    ['2026-01-05T09:30:00Z', true],
    ['2026-01-05T17:58:59Z', true],
    ['2026-01-05T17:59:00Z', false],
  ])('are kept to the minute: %s', async (at, expected) => {
    expect(await isWithin({ from: '09:30', to: '17:59' }, at)).toBe(expected)
  })

  it.each([
    ['2026-01-05T21:59:00Z', false],
    ['2026-01-05T22:00:00Z', true],
    ['2026-01-05T23:59:00Z', true],
    ['2026-01-06T00:00:00Z', true],
    ['2026-01-06T05:59:00Z', true],
    ['2026-01-06T06:00:00Z', false],
  ])('run over midnight: %s', async (at, expected) => {
    expect(await isWithin({ from: '22:00', to: '06:00' }, at)).toBe(expected)
  })

  it.each([
    ['2026-01-05T23:00:00Z', true],
    ['2026-01-06T05:00:00Z', true],
    ['2026-01-06T23:00:00Z', false],
    ['2026-01-05T05:00:00Z', false],
  ])('belong to the day on which they begin: %s', async (at, expected) => {
    expect(await isWithin({ from: '22:00', to: '06:00', days: ['mon'] }, at)).toBe(expected)
  })

  it('belong to Saturday where they begin on it and end on Sunday', async () => {
    expect(await isWithin({ from: '22:00', to: '06:00', days: ['sat'] }, '2026-01-11T05:00:00Z')).toBe(true)
    expect(await isWithin({ from: '22:00', to: '06:00', days: ['sun'] }, '2026-01-11T05:00:00Z')).toBe(false)
  })

  it.each([
    ['2026-01-09T12:00:00Z', true],
    ['2026-01-10T12:00:00Z', false],
    ['2026-01-11T12:00:00Z', false],
    ['2026-01-12T12:00:00Z', true],
  ])('are kept to days: %s', async (at, expected) => {
    expect(await isWithin({ from: '09:00', to: '17:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }, at)).toBe(expected)
  })

  it('are a whole day from 00:00 to 24:00', async () => {
    const sunday: HoursSpec = { from: '00:00', to: '24:00', days: ['sun'] }
    expect(await isWithin(sunday, '2026-01-11T00:00:00Z')).toBe(true)
    expect(await isWithin(sunday, '2026-01-11T23:59:59Z')).toBe(true)
    expect(await isWithin(sunday, '2026-01-12T00:00:00Z')).toBe(false)
  })

  it.each([
    // Winter: UTC+1. Summer: UTC+2. The clocks go forward on 29 March and back on 25 October.
    ['2026-03-28T08:00:00Z', true],
    ['2026-03-28T07:00:00Z', false],
    ['2026-03-29T07:00:00Z', true],
    ['2026-10-24T07:00:00Z', true],
    ['2026-10-25T07:00:00Z', false],
    ['2026-10-25T08:00:00Z', true],
  ])('follow the clocks of their time zone through the change of time: %s', async (at, expected) => {
    expect(await isWithin({ from: '09:00', to: '17:00', timeZone: 'Europe/Berlin' }, at)).toBe(expected)
  })

  it('know that it is another day elsewhere', async () => {
    const tuesdays: HoursSpec = { from: '00:00', to: '24:00', days: ['tue'], timeZone: 'Pacific/Auckland' }
    expect(await isWithin(tuesdays, '2026-01-05T12:00:00Z')).toBe(true)
  })

  it('may be the hours a rule does not hold in', async () => {
    const decide = async (at: string): Promise<string> => {
      const { governor } = govern({
        clock: testClock(Date.parse(at)),
        unlisted: 'allow',
        policy: { rules: [{ id: 'closed', effect: 'deny', outside: { from: '09:00', to: '17:00' } }] },
      })
      return (await governor.decide(call('t'))).result
    }
    expect(await decide('2026-01-05T12:00:00Z')).toBe('allowed')
    expect(await decide('2026-01-05T18:00:00Z')).toBe('blocked')
  })
})
