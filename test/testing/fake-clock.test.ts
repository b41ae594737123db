import { fakeClock } from 'countersign/testing'
import { describe, expect, it } from 'vitest'

describe('fakeClock', () => {
  it('stands still until it is told to go on', () => {
    const clock = fakeClock(1000)
    expect([clock.now(), clock.now()]).toEqual([1000, 1000])
    clock.advance(250)
    expect(clock.now()).toBe(1250)
  })

  it('runs what falls due in order of time, and what falls due at once in the order it was set', () => {
    const clock = fakeClock(0)
    const ran: string[] = []
    const note = (name: string) => () => ran.push(`${name} at ${clock.now()}`)
    clock.after(30, note('c'))
    clock.after(10, note('a'))
    clock.after(10, note('b'))
    clock.after(31, note('later'))
    clock.advance(30)
    expect(ran).toEqual(['a at 10', 'b at 10', 'c at 30'])
    expect(clock.now()).toBe(30)
  })

  it('runs what is set meanwhile, if it falls due in the same advance', () => {
    const clock = fakeClock(0)
    const ran: number[] = []
    clock.after(10, () => {
      clock.after(5, () => ran.push(clock.now()))
      clock.after(50, () => ran.push(clock.now()))
    })
    clock.advance(20)
    expect(ran).toEqual([15])
    clock.advance(40)
    expect(ran).toEqual([15, 60])
  })

  it('does not run what was cancelled, nor anything twice', () => {
    const clock = fakeClock(0)
    const ran: string[] = []
    const cancel = clock.after(10, () => ran.push('cancelled'))
    clock.after(5, () => {
      ran.push('once')
      cancel()
    })
    clock.advance(100)
    clock.advance(100)
    expect(ran).toEqual(['once'])
  })

  it('runs what is due at once only when it goes on, and does not go back', () => {
    const clock = fakeClock(0)
    let ran = 0
    clock.after(0, () => ran++)
    expect(ran).toBe(0)
    clock.advance(0)
    expect(ran).toBe(1)
    expect(() => clock.advance(-1)).toThrow(RangeError)
  })
})
