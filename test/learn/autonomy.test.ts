import { answersNeeded, AutonomyGate, type Considered } from 'countersign/learning'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Allowance } from '../../src/learn/autonomy/allowance.js'
import { atMost, upperBound } from '../../src/learn/insight/binomial.js'

/** A deterministic source of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const OPTIONS = { maxErrorRate: 0.05, confidence: 0.95, auditRate: 0.05 }

/** Brings calls of one risk to a gate, of which a share is bad; people label what they are asked about. */
function play(gate: AutonomyGate, calls: number, badShare: number, random: () => number, risk = 0.0004) {
  let through = 0
  let bad = 0
  for (let call = 0; call < calls; call++) {
    const considered = gate.consider(risk, random() < gate.auditRate)
    gate.count(considered)
    const isBad = random() < badShare
    if (considered.letThrough) {
      through++
      if (isBad) bad++
    } else gate.learn(considered, isBad)
  }
  return { through, bad }
}

describe('autonomy', () => {
  it('lets nothing through before it is proved to be safe', () => {
    const gate = new AutonomyGate(OPTIONS)
    for (const risk of [0, 1e-9, 0.5, 1, Number.NaN]) expect(gate.consider(risk, false).letThrough).toBe(false)
    expect(gate.report()).toMatchObject({ threshold: 0, bound: 1, saved: 0 })
  })

  it('is granted for calls that are in order, after some hundred of them at an error of 5 %', () => {
    const gate = new AutonomyGate(OPTIONS)
    play(gate, 400, 0, randomFrom(1))
    expect(gate.threshold).toBeGreaterThan(0)
    const { cases, bad, bound } = gate.report()
    expect(bad).toBe(0)
    expect(bound).toBe(upperBound(0, cases, 0.95))
    expect(bound).toBeLessThan(OPTIONS.maxErrorRate)
  })

  it('is granted wrongly in fewer than 5 % of all cases, however long one looks', () => {
    const runs = 1000
    let wrong = 0
    for (let seed = 1; seed <= runs; seed++) {
      const gate = new AutonomyGate(OPTIONS)
      const random = randomFrom(seed)
      // Just over the limit, for as long as it takes.
      for (let call = 0; call < 2000 && gate.threshold === 0; call++)
        gate.learn({ risk: 0.0004, audited: false, letThrough: false }, random() < 0.055)
      if (gate.threshold > 0) wrong++
    }
    // Fewer than would be seen once in a thousand times if the chance were 5 %.
    expect(1 - atMost(wrong - 1, runs, 0.05)).toBeGreaterThan(0.001)
  })

  it('keeps the error of what it lets through under the limit, and asks by chance all the while', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const gate = new AutonomyGate(OPTIONS)
      const { through, bad } = play(gate, 20_000, 0.01, randomFrom(seed))
      expect(bad / Math.max(1, through)).toBeLessThan(OPTIONS.maxErrorRate)
      expect(through).toBeGreaterThan(5000)
      expect(gate.report().asked).toBeGreaterThan(800)
    }
  })

  it('is revoked at once when calls turn bad: after a few that chance has chosen', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const gate = new AutonomyGate(OPTIONS)
      const random = randomFrom(seed)
      play(gate, 2000, 0.001, random)
      expect(gate.threshold).toBeGreaterThan(0)
      let audited = 0
      for (let call = 0; call < 10_000 && gate.threshold > 0; call++) {
        const considered = gate.consider(0.0004, random() < OPTIONS.auditRate)
        if (considered.letThrough) continue
        audited++
        gate.learn(considered, random() < 0.5)
      }
      expect(gate.threshold).toBe(0)
      expect(audited).toBeLessThan(40)
      expect(gate.report().revocations).toBe(1)
    }
  })

  it('asks by chance about more calls at first, so that two bad ones are found before more are than may be', () => {
    const gate = new AutonomyGate(OPTIONS)
    expect(gate.auditRate).toBe(1)
    play(gate, 400, 0, randomFrom(8))
    let before = gate.auditRate
    for (let calls = 1000; before > OPTIONS.auditRate; calls += 100) {
      const under: Considered = { risk: 0.0004, audited: false, letThrough: true }
      for (let call = 0; call < 100; call++) gate.count(under)
      expect(gate.auditRate).toBeLessThan(before)
      before = gate.auditRate
      expect(calls).toBeLessThan(6000)
    }
    expect(gate.auditRate).toBe(OPTIONS.auditRate)
  })

  it('keeps the limit in 95 of 100 worlds of which a part turns bad for good, once a proof’s worth of calls went through', () => {
    const runs = 60
    for (const [turned, delay] of [
      [0.2, 5],
      [1, 1],
    ] as const) {
      let over = 0
      for (let seed = 1; seed <= runs; seed++) {
        const random = randomFrom(seed)
        const gate = new AutonomyGate(OPTIONS)
        const waiting: [Considered, boolean][] = []
        let [through, bad] = [0, 0]
        for (let call = 0; call < 4000; call++) {
          const considered = gate.consider(0.0004, random() < gate.auditRate)
          gate.count(considered)
          const isBad = random() < (call < 2000 ? 0.01 : turned)
          if (considered.letThrough) through++
          if (considered.letThrough && isBad) bad++
          if (!considered.letThrough) waiting.push([considered, isBad])
          if (call % delay === 0) for (const [asked, answer] of waiting.splice(0)) gate.learn(asked, answer)
        }
        if (bad > OPTIONS.maxErrorRate * through) over++
      }
      expect(atMost(runs - over, runs, 0.95), `${turned} after ${delay}: ${over} over`).toBeGreaterThan(0.001)
    }
  })

  it('is revoked by what is heard of calls that went through, if that is more than there may be', () => {
    const gate = new AutonomyGate(OPTIONS)
    play(gate, 1000, 0, randomFrom(3))
    const through: Considered = { risk: 0.0004, audited: false, letThrough: true }
    for (let call = 0; call < 100; call++) gate.count(through)
    const changes = Array.from({ length: 60 }, () => gate.learn(through, true)?.kind)
    expect(changes).toContain('revoked')
    expect(gate.threshold).toBe(0)
  })

  it('learns nothing good of calls that went through: nobody looked', () => {
    const gate = new AutonomyGate(OPTIONS)
    play(gate, 1000, 0, randomFrom(4))
    const before = gate.report()
    for (let call = 0; call < 1000; call++) gate.learn({ risk: 0.0004, audited: false, letThrough: true }, false)
    expect(gate.report()).toEqual(before)
  })

  it('counts the surer calls with those that are less sure: what is under a threshold is under the next one too', () => {
    const gate = new AutonomyGate(OPTIONS)
    const random = randomFrom(5)
    // Surer calls are bad: nothing above them may be granted either.
    for (let call = 0; call < 4000; call++) {
      gate.learn({ risk: 0.0004, audited: true, letThrough: false }, random() < 0.2)
      gate.learn({ risk: 0.1, audited: true, letThrough: false }, false)
    }
    expect(gate.threshold).toBe(0)
  })

  it('ends with a veto, and goes on where it was without it', () => {
    const gate = new AutonomyGate(OPTIONS)
    play(gate, 1000, 0, randomFrom(6))
    const { threshold } = gate
    expect(gate.veto(true)).toMatchObject({ kind: 'vetoed', threshold: 0 })
    expect(gate.consider(0, false).letThrough).toBe(false)
    expect(gate.veto(false)).toMatchObject({ kind: 'restored', threshold })
  })

  it('is the same after it was stored, whatever it had seen', () => {
    const step = fc.record({ risk: fc.double({ min: 0, max: 1 }), audited: fc.boolean(), isBad: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, vetoed) => {
        const gate = new AutonomyGate(OPTIONS)
        play(gate, 300, 0, randomFrom(7))
        if (vetoed) gate.veto(true)
        const other = new AutonomyGate(OPTIONS)
        other.import(JSON.parse(JSON.stringify(gate.export())))
        for (const { risk, audited, isBad } of steps) {
          const [one, two] = [gate.consider(risk, audited), other.consider(risk, audited)]
          expect(two).toEqual(one)
          expect(other.learn(two, isBad)).toEqual(gate.learn(one, isBad))
        }
        expect(other.report()).toEqual(gate.report())
      }),
      { numRuns: 50 },
    )
  })
})

describe('the clean answers that a proof takes', () => {
  it('are as many as there have to be before anything is let through, and not one more', () => {
    for (const maxErrorRate of [0.01, 0.05, 0.2]) {
      const gate = new AutonomyGate({ ...OPTIONS, maxErrorRate })
      let answers = 0
      for (; gate.threshold === 0; answers++) gate.learn({ risk: 0.0004, audited: false, letThrough: false }, false)
      expect(answersNeeded({ ...OPTIONS, maxErrorRate })).toBe(answers)
    }
  })
})

describe('what may still go through', () => {
  const step = fc.record({
    rate: fc.double({ min: 0.05, max: 1, noNaN: true }),
    isAudited: fc.boolean(),
    isBad: fc.boolean(),
  })
  const steps = fc.array(step, { maxLength: 300 })

  /** Calls, of which answers come with the next call, or at the end. */
  function through(allowance: Allowance, calls: readonly { rate: number; isAudited: boolean; isBad: boolean }[]): void {
    for (const { rate, isAudited, isBad } of calls) {
      allowance.count(isAudited ? 1 / rate : undefined)
      if (isAudited) allowance.answer(1 / rate, isBad)
    }
  }

  it('never makes the audit share lower than was asked for, nor a chance over 1', () => {
    fc.assert(
      fc.property(steps, calls => {
        const allowance = new Allowance(OPTIONS)
        through(allowance, calls)
        expect(allowance.auditRate).toBeGreaterThanOrEqual(OPTIONS.auditRate)
        expect(allowance.auditRate).toBeLessThanOrEqual(1)
        expect(allowance.left).toBeLessThanOrEqual(OPTIONS.maxErrorRate * calls.length * 0.6 + 1e-9)
      }),
    )
  })

  it('takes an answer that is awaited for a bad one, and never gets more by a worse answer', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0.05, max: 1, noNaN: true }), (calls, rate) => {
        const [awaiting, good, bad] = [new Allowance(OPTIONS), new Allowance(OPTIONS), new Allowance(OPTIONS)]
        for (const allowance of [awaiting, good, bad]) {
          through(allowance, calls)
          allowance.count(1 / rate)
        }
        good.answer(1 / rate, false)
        bad.answer(1 / rate, true)
        expect(awaiting.left).toBeCloseTo(bad.left, 9)
        expect(good.left).toBeGreaterThanOrEqual(bad.left)
      }),
    )
  })

  it('waits no more for an answer that has not come in a thousand calls', () => {
    const allowance = new Allowance(OPTIONS)
    for (let call = 0; call < 200; call++) allowance.count(undefined)
    const before = allowance.left
    allowance.count(3)
    expect(allowance.left).toBeLessThan(before)
    for (let call = 0; call < 1001; call++) allowance.count(undefined)
    expect(allowance.left).toBeCloseTo(OPTIONS.maxErrorRate * 1201 * 0.6, 9)
  })

  it('counts as many bad calls as went through, on average, however they come about', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 50, maxLength: 200 }), fc.integer(), (labels, seed) => {
        const random = randomFrom(seed)
        const worlds = 200
        let [went, squares, counted] = [0, 0, 0]
        const calls = 20_000
        for (let world = 0; world < worlds; world++) {
          // Much is allowed, so that what is taken away from it can be read off.
          const allowance = new Allowance({ ...OPTIONS, maxErrorRate: 0.4 })
          for (let call = 0; call < calls; call++) allowance.count(undefined)
          let passed = calls
          for (const [index, isBad] of labels.entries()) {
            const rate = index % 2 === 0 ? 0.5 : 0.3
            const isAudited = random() < rate
            allowance.count(isAudited ? 1 / rate : undefined)
            if (isAudited) allowance.answer(1 / rate, isBad)
            if (!isAudited) passed++
            if (isBad && !isAudited) went++
            if (isBad) squares += (1 - rate) / rate
          }
          counted += (0.4 * 0.6 * passed - allowance.left) / 1.5
        }
        // Five standard deviations of the difference.
        expect(Math.abs(counted - went)).toBeLessThan(5 * Math.sqrt(squares) + 1e-6)
      }),
      { numRuns: 20 },
    )
  })

  it('is little at first after a revocation, and what went through in excess stays counted', () => {
    const allowance = new Allowance(OPTIONS)
    for (let call = 0; call < 200; call++) allowance.count(undefined)
    allowance.count(11)
    allowance.answer(11, true)
    allowance.renew()
    // Ten went through where four might have: the others are to be made good first.
    for (let call = 0; call < 299; call++) allowance.count(undefined)
    expect(allowance.left).toBe(0)
    for (let call = 0; call < 40; call++) allowance.count(undefined)
    expect(allowance.left).toBeGreaterThan(0)
  })
})
