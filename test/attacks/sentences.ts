import { describe, expect, it } from 'vitest'
import { attacks } from './all.js'
import { expected, FRAMEWORKS, play, SIDES, TITLES } from './play.js'
import type { Side } from './world.js'

/** Makes every attack on these sides, and states how each ends. */
export function stateEndings(who: string, sides: readonly Side[]): void {
  for (const framework of FRAMEWORKS) {
    describe.each(SIDES[framework].filter(side => sides.includes(side)))(`${TITLES[framework]} ${who}, %s`, side => {
      for (const attack of attacks) {
        const ending = expected(attack, framework, side)
        if ('because' in ending) continue
        it(`${attack.title}: ${ending.ran.join(', ') || 'nothing runs'}`, async () => {
          const { ran, failed } = await play(attack, framework, side)
          expect(ran).toEqual(ending.ran)
          expect(failed).toEqual((ending.failed ?? []).map(text => expect.stringContaining(text)))
        })
      }
    })
  }
}
