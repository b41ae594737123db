import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { attacks } from './all.js'
import { expected } from './play.js'
import { MARKERS, tableOf } from './table.js'

const [begin, end] = MARKERS

// What each attack is expected to come to is asserted beside this file, with the real frameworks.
it('the README carries the table that `npm run attacks` prints', () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const carried = text.slice(text.indexOf(begin), text.indexOf(end) + end.length)
  expect(carried).toBe(tableOf(attacks, expected))
})
