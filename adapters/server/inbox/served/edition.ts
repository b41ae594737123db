import { createHash } from 'node:crypto'
import { SCRIPT } from './script.js'
import { STYLE } from './style.js'

/** Changes with what is served, so that browsers may keep it. */
export const EDITION = createHash('sha256').update(STYLE).update(SCRIPT).digest('hex').slice(0, 10)
