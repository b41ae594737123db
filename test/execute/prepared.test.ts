import { describe, expect, it } from 'vitest'
import { RecentMap } from '../../src/recent-map.js'

describe('a map of what was recent', () => {
  it('keeps at least as many as it promises, and at most twice as many', () => {
    const map = new RecentMap<number, number>(100)
    for (let key = 0; key < 1000; key++) {
      map.set(key, key)
      for (let recent = Math.max(0, key - 99); recent <= key; recent++) expect(map.get(recent)).toBe(recent)
      expect(map.get(key - 200)).toBeUndefined()
    }
  })

  it('gives the value set last, and forgets what is deleted', () => {
    const map = new RecentMap<string, number>(2)
    expect(map.isEmpty).toBe(true)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    expect(map.get('a')).toBe(3)
    expect(map.isEmpty).toBe(false)
    map.delete('a')
    map.delete('b')
    expect(map.get('a')).toBeUndefined()
    expect(map.isEmpty).toBe(true)
  })
})
