import type { RouteName } from './route.js'

/** Where a request leads: an endpoint with what the path left open, the methods there are instead, or nowhere. */
export type Found<ENDPOINT> =
  | { readonly endpoint: ENDPOINT; readonly params: Readonly<Record<string, string>> }
  | { readonly methods: readonly string[] }
  | undefined

/** What is found by its route. */
interface Routed {
  readonly route: RouteName
}

interface Way<ENDPOINT> {
  readonly method: string
  readonly segments: readonly string[]
  /** A 0 for a segment that the path says, a 1 for one it leaves open: the lower goes first. */
  readonly order: string
  readonly endpoint: ENDPOINT
}

/** Finds endpoints by method and path. A path that says a segment in so many words goes before one that leaves it open. */
export function createRouter<ENDPOINT extends Routed>(
  endpoints: readonly ENDPOINT[],
): (method: string, path: string) => Found<ENDPOINT> {
  const byLength = Map.groupBy(endpoints.map(wayTo), ({ segments }) => segments.length)
  for (const ways of byLength.values()) ways.sort((a, b) => a.order.localeCompare(b.order))
  return (method, path) => {
    const segments = segmentsOf(path)
    const ways = byLength.get(segments.length) ?? []
    const first = ways.find(way => fits(way, segments))
    if (first === undefined) return undefined
    const best = ways.filter(way => way.order === first.order && fits(way, segments))
    const way = best.find(candidate => candidate.method === method)
    if (way !== undefined) return { endpoint: way.endpoint, params: paramsOf(way, segments) }
    return { methods: best.map(candidate => candidate.method) }
  }
}

function wayTo<ENDPOINT extends Routed>(endpoint: ENDPOINT): Way<ENDPOINT> {
  const [method = '', path = ''] = endpoint.route.split(' ')
  const segments = segmentsOf(path)
  const order = segments.map(segment => (isOpen(segment) ? '1' : '0')).join('')
  return { method, segments, order, endpoint }
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1)
}

function isOpen(segment: string): boolean {
  return segment.startsWith('{')
}

function fits({ segments }: Pick<Way<unknown>, 'segments'>, path: readonly string[]): boolean {
  return segments.every((segment, index) => (isOpen(segment) ? path[index] !== '' : segment === path[index]))
}

function paramsOf({ segments }: Pick<Way<unknown>, 'segments'>, path: readonly string[]): Record<string, string> {
  const open = segments.flatMap((segment, index) =>
    isOpen(segment) ? [[segment.slice(1, -1), decode(path[index] ?? '')] as const] : [],
  )
  return Object.fromEntries(open)
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
