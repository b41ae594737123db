import type { Role, Route, RouteName, Routes } from '../../service/protocol/route.js'
import type { Awaitable } from '../../types.js'
import type { World } from './world.js'

/** One row of a table: what a request must look like, and what it comes to. */
export interface Endpoint extends Route {
  readonly route: RouteName
  readonly answer: Answer
}

/** The body of the answer, or what makes it. @throws Refusal */
export type Answer =
  | ((exchange: Exchange) => Awaitable<unknown>)
  | Readonly<Record<string, unknown>>
  | readonly unknown[]

/** A request that was found to be in order. */
export interface Exchange {
  readonly world: World
  /** Segments that the path left open, by name. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly role: Role
  /** Says something beside the body of the answer. */
  readonly reply: (name: string, value: string) => void
}

/** Routes with an answer for each. */
export function endpointsOf<ROUTES extends Routes>(
  routes: ROUTES,
  answers: { readonly [ROUTE in keyof ROUTES]: Answer },
): readonly Endpoint[] {
  return Object.entries<Route>(routes).map(([route, shape]) =>
    Object.assign({ route: route as RouteName, answer: answers[route as keyof ROUTES] }, shape),
  )
}
