import type { RouteName } from '../../../src/service/protocol/route.js'

/** In the order in which they are to be tried: a path that says a segment in so many words goes before one that leaves it open. */
export function inOrder<ENDPOINT extends { readonly route: RouteName }>(
  endpoints: readonly ENDPOINT[],
): readonly ENDPOINT[] {
  const order = ({ route }: ENDPOINT): string => route.replaceAll(/\{\w+\}/g, '\u{ffff}')
  return endpoints.toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
}

/** A path as the router spells it: `/rules/{id}` is `/rules/:id`. */
export function pathOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
