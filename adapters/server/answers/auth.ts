import { Refusal } from '../../../src/service/protocol/refusal.js'
import { AUTH_ROUTES } from '../../../src/service/protocol/routes/accounts.js'
import { answersTo } from '../endpoint.js'

const INSTEAD =
  'use a key: an approver makes them with POST /api-keys, and whoever runs the service makes the first one; people answer approvals in the inbox, where they sign in'

/** Accounts with passwords are kept by BIGHUB's cloud. Here a credential is a key. */
export const authEndpoints = answersTo(AUTH_ROUTES, {
  'POST /auth/signup': () => refuse('There are no accounts here'),
  'POST /auth/login': () => refuse('There are no passwords here'),
  'POST /auth/refresh': () => refuse('There are no tokens to refresh here: keys hold until they end'),
  'POST /auth/logout': () => refuse('There are no sessions here: a key is ended with DELETE /api-keys/{id}'),
})

function refuse(why: string): never {
  throw new Refusal(501, { code: 'not_implemented', message: `${why}; ${INSTEAD}` })
}
