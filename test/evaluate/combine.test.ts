import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combine } from '../../src/evaluate/combine.js'
import type { Finding } from '../../src/types.js'

const finding = fc.record<Finding>({
  rule: fc.string(),
  effect: fc.constantFrom('allow', 'deny', 'require_approval'),
  reason: fc.string(),
})
const strength = ['allow', 'require_approval', 'deny']

describe('combine', () => {
  it('puts deny over require_approval over allow', () => {
    fc.assert(
      fc.property(fc.array(finding, { minLength: 1 }), findings => {
        const strongest = Math.max(...findings.map(({ effect }) => strength.indexOf(effect)))
        expect(combine(findings)).toBe(strength[strongest])
      }),
    )
  })

  it('never weakens a verdict when a finding is added', () => {
    fc.assert(
      fc.property(fc.array(finding, { minLength: 1 }), finding, (findings, extra) => {
        const before = strength.indexOf(combine(findings) ?? '')
        const after = strength.indexOf(combine([...findings, extra]) ?? '')
        expect(after).toBeGreaterThanOrEqual(before)
      }),
    )
  })

  it('has no verdict where no rule spoke', () => {
    expect(combine([])).toBeUndefined()
  })
})
