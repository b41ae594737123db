import { sha256 } from '../../ambient.js'
import { nodeBuiltin } from '../../node.js'
import type { Seal } from '../../audit-entry.js'
import { expect } from '../../check.js'
import { hex } from '../../encoding.js'

/**
 * How entries are chained: SHA-256, which anybody can recompute, or HMAC-SHA-256 under a key, without which nobody can
 * write a chain anew. Answers at once where Node's crypto is there.
 *
 * @throws GovernanceError `invalid-option` for a key that is no text, or an empty one
 */
export function sealWith(key?: string, option = 'key'): Seal {
  if (key === undefined) return sha256
  expect(typeof key === 'string' && key !== '', option, 'a text that is hard to guess')
  const createHmac = nodeBuiltin('node:crypto')?.createHmac
  if (createHmac !== undefined) return text => createHmac('sha256', key).update(text).digest('hex')
  return webSeal(key)
}

function webSeal(key: string): Seal {
  const encoder = new TextEncoder()
  let imported: Promise<CryptoKey> | undefined
  return async text => {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    imported ??= crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, ['sign'])
    return hex(new Uint8Array(await crypto.subtle.sign('HMAC', await imported, encoder.encode(text))))
  }
}
