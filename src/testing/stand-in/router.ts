import type { Endpoint } from './endpoint.js'

/** Where a request leads: an endpoint with what the path left open, the methods there are instead, or nowhere. */
export type Found =
  | { readonly endpoint: Endpoint; readonly params: Readonly<Record<string, string>> }
  | { readonly methods: readonly string[] }
  | undefined

interface Way {
  readonly method: string
  readonly segments: readonly string[]
  readonly endpoint: Endpoint
}

/** Finds endpoints by method and path. A path that says a segment in so many words goes before one that leaves it open. */
export function createRouter(endpoints: readonly Endpoint[]): (method: string, path: string) => Found {
  const ways = endpoints.map((endpoint): Way => {
    const [method = '', path = ''] = endpoint.route.split(' ')
    return { method, segments: segmentsOf(path), endpoint }
  })
  const byLength = Map.groupBy(ways, ({ segments }) => segments.length)
  return (method, path) => {
    const segments = segmentsOf(path)
    const fitting = (byLength.get(segments.length) ?? []).filter(way => fits(way, segments)).toSorted(literalFirst)
    const best = fitting.filter(way => literalFirst(way, fitting[0] ?? way) === 0)
    const way = best.find(candidate => candidate.method === method)
    if (way !== undefined) return { endpoint: way.endpoint, params: paramsOf(way, segments) }
    return best.length === 0 ? undefined : { methods: best.map(candidate => candidate.method) }
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1)
}

function isOpen(segment: string): boolean {
  return segment.startsWith('{')
}

function fits({ segments }: Way, path: readonly string[]): boolean {
  return segments.every((segment, index) => (isOpen(segment) ? path[index] !== '' : segment === path[index]))
}

/** The first segment that one of two leaves open decides. */
function literalFirst(a: Way, b: Way): number {
  const differing = a.segments.findIndex((segment, index) => isOpen(segment) !== isOpen(b.segments[index] ?? ''))
  return differing === -1 ? 0 : isOpen(a.segments[differing] ?? '') ? 1 : -1
}

function paramsOf({ segments }: Way, path: readonly string[]): Record<string, string> {
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
