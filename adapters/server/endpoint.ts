import type { Awaitable } from 'countersign'
import type { Route, RouteName, Routes } from '../../src/service/protocol/route.js'
import type { Repeat } from './idempotency/repeat.js'
import type { Principal } from './auth/principal.js'
import type { Service } from './service.js'

/** A request that was found to be in order. */
export interface Exchange {
  /** What answers it, as the tenant of the credential sees it. */
  readonly service: Service
  /** Whose credential it carries; nobody's, where none is needed. */
  readonly principal: Principal | undefined
  /** Segments that the path left open, by name. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  /** Names are in lower case. */
  readonly header: (name: string) => string | undefined
  /** Where it comes from, if the runtime says so. */
  readonly address: string | undefined
  /** What a write goes by that may be sent again: set where the request carries an `Idempotency-Key`. */
  readonly repeat: Repeat | undefined
  /** Says something beside the body of the answer. */
  readonly reply: (name: string, value: string) => void
}

/** Makes the body of the answer. @throws Refusal */
export type Answer = (exchange: Exchange) => Awaitable<unknown>

/** One row of the table of everything that is answered. */
export interface Endpoint extends Route {
  readonly route: RouteName
  readonly answer: Answer
}

/** Routes with an answer for each: one that is missing does not compile. */
export function answersTo<ROUTES extends Routes>(
  routes: ROUTES,
  answers: { readonly [ROUTE in keyof ROUTES]: Answer },
): readonly Endpoint[] {
  return Object.entries<Route>(routes).map(([route, shape]) =>
    Object.assign({ route: route as RouteName, answer: answers[route as keyof ROUTES] }, shape),
  )
}
