/** What a value looks like, whatever its name and tool: what carries over to tools never seen. */
export const KINDS = {
  nothing: 0,
  flag: 1,
  smallNumber: 2,
  largeNumber: 3,
  email: 4,
  link: 5,
  account: 6,
  date: 7,
  path: 8,
  identifier: 9,
  word: 10,
  phrase: 11,
  prose: 12,
} as const

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[keyof typeof KINDS]

/** Kinds that name one thing or person in the world: who they name decides whether a call is in order. */
export function isEntity(kind: Kind): boolean {
  return kind >= KINDS.email && kind <= KINDS.identifier && kind !== KINDS.date
}

const PHRASE_LENGTH = 24
const PROSE_LENGTH = 80

/** The kind of a value in an input. Looks at the first 80 code units of a text. */
export function kindOf(value: unknown): Kind {
  if (typeof value === 'string') return kindOfText(value)
  if (typeof value === 'number') return Math.abs(value) < 10 ? KINDS.smallNumber : KINDS.largeNumber
  if (typeof value === 'boolean') return KINDS.flag
  return KINDS.nothing
}

interface Shape {
  letters: number
  digits: number
  spaces: number
  at: number
  slashes: number
  dashes: number
  dots: number
  others: number
}

/** Made once, and not for each text: nothing is looked at while something else is. */
const shape: Shape = { letters: 0, digits: 0, spaces: 0, at: 0, slashes: 0, dashes: 0, dots: 0, others: 0 }

function kindOfText(text: string): Kind {
  if (text.length === 0) return KINDS.nothing
  takeShapeOf(text)
  if (shape.spaces === 0) return kindOfSolid(text)
  if (shape.letters === 0 && shape.digits >= 6 && shape.dashes > 0) return KINDS.date
  if (shape.letters < 3 && shape.digits >= 8) return KINDS.account
  if (text.length > PROSE_LENGTH) return KINDS.prose
  return shape.spaces > 2 || text.length > PHRASE_LENGTH ? KINDS.phrase : KINDS.word
}

function kindOfSolid(text: string): Kind {
  if (shape.at === 1 && shape.letters > 0) return KINDS.email
  if (text.startsWith('http') || text.startsWith('www.')) return KINDS.link
  if (shape.slashes > 0 && shape.letters > 0) return KINDS.path
  if (shape.letters <= 1 && shape.digits >= 6 && shape.dashes >= 2) return KINDS.date
  if (shape.digits >= 8 && shape.letters <= 8 && text.length >= 10) return KINDS.account
  if (shape.digits > 0 && shape.letters === 0) return shape.digits < 3 ? KINDS.smallNumber : KINDS.largeNumber
  if (shape.digits > 0) return KINDS.identifier
  if (shape.dots === 1 && shape.letters > 3) return KINDS.path
  return KINDS.word
}

function takeShapeOf(text: string): void {
  shape.letters = shape.digits = shape.spaces = shape.at = 0
  shape.slashes = shape.dashes = shape.dots = shape.others = 0
  const length = Math.min(text.length, PROSE_LENGTH)
  for (let index = 0; index < length; index++) count(text.charCodeAt(index))
}

function count(code: number): void {
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code > 127) shape.letters++
  else if (code >= 48 && code <= 57) shape.digits++
  else if (code === 32 || code === 9 || code === 10) shape.spaces++
  else if (code === 64) shape.at++
  else if (code === 47) shape.slashes++
  else if (code === 45 || code === 58) shape.dashes++
  else if (code === 46) shape.dots++
  else shape.others++
}
