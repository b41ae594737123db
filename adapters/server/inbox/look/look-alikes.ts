/**
 * Letters of other alphabets that look like Latin ones in usual fonts: those of UTS #39's confusables that keyboards have.
 * Each row: the Latin letter, and what looks like it.
 */
const ROWS: Readonly<Record<string, string>> = {
  a: 'аα',
  b: 'ЬᏏ',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еҽ',
  g: 'ց',
  h: 'һհ',
  i: 'іιі',
  j: 'јϳ',
  k: 'κк',
  l: 'ӏⅼ',
  m: 'м',
  n: 'пηո',
  o: 'оοօ',
  p: 'рρ',
  q: 'ԛզ',
  r: 'г',
  s: 'ѕ',
  t: 'тτ',
  u: 'υսц',
  v: 'νѵ',
  w: 'ԝωա',
  x: 'хχ',
  y: 'уγү',
  z: 'ᴢ',
  A: 'АΑᎪ',
  B: 'ВΒᏴ',
  C: 'СϹᏟ',
  D: 'Ꭰ',
  E: 'ЕΕᎬ',
  F: 'Ϝ',
  G: 'Ԍ',
  H: 'НΗᎻ',
  I: 'ІΙ',
  J: 'ЈᎫ',
  K: 'КΚᏦ',
  L: 'Ꮮ',
  M: 'МΜᎷ',
  N: 'Ν',
  O: 'ОΟՕ',
  P: 'РΡᏢ',
  Q: 'Ԛ',
  S: 'ЅՏᏚ',
  T: 'ТΤᎢ',
  U: 'Ս',
  V: 'ѴᏙ',
  W: 'ԜᎳ',
  X: 'ХΧ',
  Y: 'ҮΥ',
  Z: 'ΖᏃ',
}

const LATIN: ReadonlyMap<string, string> = new Map(
  Object.entries(ROWS).flatMap(([latin, others]) => Array.from(others, other => [other, latin] as const)),
)

/** The Latin letter, digit or sign that a character looks like; nothing where it looks like none, or is one. */
export function looksLike(character: string): string | undefined {
  const known = LATIN.get(character)
  if (known !== undefined) return known
  // Full-width, mathematical and circled letters, and the like.
  const plain = character.normalize('NFKC')
  return plain !== character && /^[\x21-\x7e]$/.test(plain) ? plain : undefined
}
