import type { Area } from '../endpoint.js'

const PERSON = { email: 'string!', password: 'string!' } as const
const TOKEN = { refreshToken: 'string!' } as const

/** Tokens for people. */
export const auth = {
  /** Makes an account. */
  signup: { method: 'POST', path: '/auth/signup', body: PERSON, once: true, answer: 'object' },
  /** Gives tokens for an account. */
  login: { method: 'POST', path: '/auth/login', body: PERSON, answer: 'object' },
  /** Gives new tokens for old ones, which are then used up. */
  refresh: { method: 'POST', path: '/auth/refresh', body: TOKEN, once: true, answer: 'object' },
  /** Takes a token back. */
  logout: { method: 'POST', path: '/auth/logout', body: TOKEN },
} as const satisfies Area
