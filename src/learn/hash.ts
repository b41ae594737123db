// Hashes for typed tables: 32 bits, fast, no protection against collisions that somebody looks for. What must be unforgeable is digested elsewhere.

const PRIME = 0x01000193
const OFFSET = 0x811c9dc5 | 0

/** Longest part of a text that is hashed, in UTF-16 code units; its length goes in too. */
const MAX_HASHED_LENGTH = 512

/**
 * Mixes one more number into a hash (the finaliser of MurmurHash3, Appleby 2011). A signed 32-bit integer, as all hashes are here:
 * the engine keeps those as they are, and makes an object of an unsigned one.
 */
export function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** FNV-1a over the code units of a text of at most 512; longer ones differ by their length. A signed 32-bit integer. */
export function hashText(text: string): number {
  const length = Math.min(text.length, MAX_HASHED_LENGTH)
  let hash = OFFSET
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME)
  return mix(hash, text.length)
}

/** A number by its value: equal numbers have equal hashes, -0 and 0 too. */
export function hashNumber(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < 0x7fffffff) return mix(OFFSET, value | 0)
  NUMBER[0] = value
  return mix(mix(OFFSET, BITS[0] ?? 0), BITS[1] ?? 0)
}

const NUMBER = new Float64Array(1)
const BITS = new Uint32Array(NUMBER.buffer)
