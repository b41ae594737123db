import * as fc from 'fast-check'

/** A schema of the document. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
}

/** One operation of the document. */
export interface Operation {
  readonly route: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly schema: Schema
    required?: boolean
  }[]
  readonly body: Schema | undefined
}

/** A request about to be sent. */
export interface Generated {
  readonly route: string
  readonly body: unknown
}

/** Everything the document says that is answered. */
export function operationsOf(document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { parameters = [], requestBody } = operation as {
        parameters?: Operation['parameters']
        requestBody?: { content: { 'application/json': { schema: Schema } } }
      }
      return {
        route: `${method.toUpperCase()} ${path}`,
        parameters: parameters.filter(parameter => parameter.in !== 'header'),
        body: requestBody?.content['application/json'].schema,
      }
    }),
  )
}

/** The least that an operation takes. */
export function least({ route, parameters, body }: Operation): Generated {
  const query = parameters.filter(one => one.in === 'query' && one.required === true)
  const search = new URLSearchParams(query.map(({ name, schema }) => [name, String(simplest(schema))]))
  const path = route.replaceAll(/\{\w+\}/g, 'none')
  return {
    route: query.length === 0 ? path : `${path}?${search}`,
    body: body === undefined ? undefined : simplest(body),
  }
}

function simplest(schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0]
  const [type] = [schema.type ?? 'string'].flat()
  switch (type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map(name => [name, simplest(schema.properties?.[name] ?? {})]))
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => simplest(schema.items ?? {}))
    case 'number':
    case 'integer':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    default:
      return 'x'
  }
}

const WEIRD: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('', '__proto__', '\u0000', '\u{1F4A3}', ' '.repeat(300), null, -1, 1e308, 2 ** 53, [], {}),
)

/** Requests as the document has them, now and then with something else in a field. */
export function requestsTo({ route, parameters, body }: Operation, wrong: number): fc.Arbitrary<Generated> {
  const query = parameters.filter(one => one.in === 'query')
  const values = fc.tuple(...query.map(({ schema, required }) => maybe(valueOf(schema, wrong), required === true)))
  const names = fc.array(fc.oneof(fc.constantFrom('x', '%2e%2e', '__proto__', '%00', 'a%2Fb', '%ff'), fc.uuid()), {
    minLength: 2,
    maxLength: 2,
  })
  return fc
    .tuple(values, names, body === undefined ? fc.constant(undefined) : valueOf(body, wrong))
    .map(([asked, segments, sent]) => {
      const search = new URLSearchParams()
      for (const [index, { name }] of query.entries()) {
        if (asked[index] !== undefined)
          search.set(name, typeof asked[index] === 'string' ? asked[index] : JSON.stringify(asked[index]))
      }
      let at = 0
      const path = route.replaceAll(/\{\w+\}/g, () => segments[at++] ?? 'x')
      return { route: search.size === 0 ? path : `${path}?${search}`, body: sent }
    })
}

function maybe<T>(of: fc.Arbitrary<T>, isRequired: boolean): fc.Arbitrary<T | undefined> {
  return isRequired ? of : fc.option(of, { nil: undefined })
}

function valueOf(schema: Schema, wrong: number): fc.Arbitrary<unknown> {
  const right = rightOf(schema, wrong)
  return wrong === 0 ? right : fc.oneof({ weight: 20, arbitrary: right }, { weight: wrong, arbitrary: WEIRD })
}

function rightOf(schema: Schema, wrong: number): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const types = [schema.type ?? 'any'].flat()
  const [type] = types
  const { minimum = -1000, maximum = 1000 } = schema
  const arbitraries: Record<string, () => fc.Arbitrary<unknown>> = {
    string: () => fc.string({ unit: 'binary', maxLength: 20 }),
    number: () => fc.double({ min: minimum, max: Math.max(minimum, maximum), noNaN: true }),
    integer: () =>
      fc.integer({ min: Math.max(minimum, -(2 ** 31)), max: Math.min(Math.max(minimum, maximum), 2 ** 31 - 1) }),
    boolean: () => fc.boolean(),
    array: () => fc.array(valueOf(schema.items ?? {}, wrong), { minLength: schema.minItems ?? 0, maxLength: 3 }),
    object: () => objectOf(schema, wrong),
    any: () => WEIRD,
  }
  const arbitrary = arbitraries[type ?? 'any']?.() ?? WEIRD
  return types.includes('null') ? fc.option(arbitrary, { nil: null, freq: 8 }) : arbitrary
}

function objectOf({ properties = {}, required = [] }: Schema, wrong: number): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema, wrong)]))
  return fc.record(fields, { requiredKeys: required as never[] })
}
