import { expect, it } from 'vitest'
import { attacks } from './all.js'
import { expected, FRAMEWORKS } from './play.js'
import { stateEndings } from './sentences.js'

stateEndings('behind a governor', ['memory', 'sqlite'])

it('promises that every effect happens once or not at all', () => {
  for (const attack of attacks) {
    for (const framework of FRAMEWORKS) {
      const ending = expected(attack, framework, 'sqlite')
      if ('ran' in ending) expect(new Set(ending.ran).size, attack.title).toBe(ending.ran.length)
    }
  }
})
