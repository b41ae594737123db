import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf, stretchesOf, suspicionsIn } from '../../adapters/server/inbox/look/suspicious.js'

const together = (text: string): string =>
  stretchesOf(text)
    .map(stretch => stretch.text)
    .join('')

const DIRECTIONS = Array.from('\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069')
const UNSEEN = Array.from(
  '\u00ad\u034f\u200b\u200c\u2060\u2061\ufeff\u180e\u3164\u115f\u{e0001}\u{e0041}\u{1d173}\ufff9',
)

describe('what misleads the eye', () => {
  it('is found without losing a character of the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => together(text) === text))
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => together(text) === text))
  })

  it('is not seen in what a keyboard writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), text => {
        expect(suspicionsIn(text)).toEqual([])
      }),
    )
  })

  it('is a change of direction, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom(...DIRECTIONS), (before, after, mark) => {
        expect(suspicionsIn(before + mark + after)).toContain('direction')
      }),
    )
  })

  it('is a character that cannot be seen, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom(...UNSEEN), (before, after, unseen) => {
        expect(suspicionsIn(before + unseen + after)).toContain('invisible')
      }),
    )
  })

  it('is a control character, but not a line or a tab', () => {
    expect(suspicionsIn('a\u0000b')).toEqual(['control'])
    expect(suspicionsIn('a\u001b[31mb')).toEqual(['control'])
    expect(suspicionsIn('a\u2028b')).toEqual(['control'])
    expect(suspicionsIn('\ud800')).toEqual(['control'])
    expect(suspicionsIn('one\n\ttwo\r\nthree')).toEqual([])
  })

  it('is a space that is none of the usual', () => {
    expect(suspicionsIn('a\u00a0b')).toEqual(['space'])
    expect(suspicionsIn('a\u3000b')).toEqual(['space'])
  })

  it('is a letter of another alphabet in a word, whichever it is', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{2,8}$/),
        fc.constantFrom(...Array.from('аеорсухіјѕԁ')),
        fc.nat(8),
        (word, other, at) => {
          const mixed = word.slice(0, at) + other + word.slice(at)
          expect(suspicionsIn(mixed)).toEqual(['look-alike'])
          expect(stretchesOf(mixed).find(({ suspicion }) => suspicion === 'look-alike')?.text).toBe(other)
        },
      ),
    )
  })

  it('is a whole word of look-alikes among Latin ones, and what it looks like is said', () => {
    const found = stretchesOf('pay to рауа@example.com')
    expect(found.filter(({ suspicion }) => suspicion).map(({ like }) => like)).toEqual(['p', 'a', 'y', 'a'])
    expect(suspicionsIn('send to аррӏе')).toEqual(['look-alike'])
  })

  it('is a letter in another form of writing', () => {
    expect(suspicionsIn('ｐａｙ')).toEqual(['look-alike'])
    expect(suspicionsIn('𝐩𝐚𝐲')).toEqual(['look-alike'])
  })

  it.each([
    'Перевод денег клиенту за отмену заказа',
    'Επιστροφή χρημάτων στον πελάτη',
    'استرداد المبلغ للعميل',
    'החזר כספי ללקוח',
    '返金をお願いします',
    '환불 요청',
    'ग्राहक को धनवापसी',
    'Größe, naïve café, Łódź, Đà Nẵng',
    '👩‍👩‍👧 ❤️ 1️⃣ 👍🏽',
    '€ 1 200 → “done” — 50 ½',
  ])('is not seen in %s', text => {
    expect(suspicionsIn(text)).toEqual([])
  })

  it('is written so that it can be seen', () => {
    expect(codeOf('\u202e')).toBe('U+202E')
    expect(codeOf('\u{e0041}')).toBe('U+E0041')
  })
})
