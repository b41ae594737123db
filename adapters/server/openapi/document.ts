import type { Route, RouteName } from '../../../src/service/protocol/route.js'
import { VERSION } from '../../../src/version.js'
import { bodySchema, fieldSchema, type JsonSchema } from './schema.js'

/** A route that is answered. */
export type Described = Route & { readonly route: RouteName }

/** What is answered besides the answer, and when. */
const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The body is no text.',
  404: 'There is no such thing, or it is another tenant’s.',
  409: 'It does not go with what is there: resolved already, another version, a key that was sent with another request.',
  413: 'The body is too long.',
  422: 'Something that was sent is wrong; `detail` says where.',
  429: 'Too many requests in a minute; `Retry-After` says when to try again.',
  501: 'Not a thing of a service that one runs oneself; `detail` says what to do instead.',
  503: 'The store failed; nothing was decided.',
}
const CREDENTIAL: Readonly<Record<string, string>> = {
  401: 'There is no credential, or it is not known.',
  403: 'An agent may not do this.',
}

/** OpenAPI 3.1 of what a server answers, made of the shapes that requests are checked by. */
export function openApiOf(endpoints: readonly Described[]): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const endpoint of endpoints) {
    const [method = '', path = ''] = endpoint.route.split(' ')
    ;(paths[path] ??= {})[method.toLowerCase()] = operationOf(endpoint, method, path)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'countersign decision service',
      version: VERSION,
      summary: 'A decision in front of every tool call of an agent, and a memory of how each one turned out.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Refusal: REFUSAL },
    },
  }
}

function operationOf(endpoint: Described, method: string, path: string): JsonSchema {
  const { query = {}, body, access } = endpoint
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string', minLength: 1 },
    })),
    ...Object.entries(query).map(([name, field]) => ({
      name,
      in: 'query',
      required: field.required === true,
      schema: fieldSchema(field, false),
    })),
    ...(method === 'GET' ? [] : [IDEMPOTENCY_KEY]),
  ]
  const isStrict = access === 'approver'
  return {
    operationId: `${method} ${path}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replace(/_$/, ''),
    tags: [path.split('/')[1]],
    ...(access === 'anyone' ? { security: [] } : { security: [{ key: [] }, { bearer: [] }] }),
    ...(isStrict ? { description: 'Needs the credential of an approver.' } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: bodySchema(body, isStrict) } } } }),
    responses: {
      200: { description: 'It was done.', content: { 'application/json': { schema: {} } } },
      ...refusals(access === 'anyone' ? REFUSALS : { ...CREDENTIAL, ...REFUSALS }),
    },
  }
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same request with the same key is served once, and answered alike for a day.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const REFUSAL: JsonSchema = {
  type: 'object',
  required: ['detail', 'request_id'],
  properties: {
    detail: {
      oneOf: [
        { type: 'string' },
        {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string' }, message: { type: 'string' } },
        },
        {
          type: 'array',
          items: {
            type: 'object',
            required: ['loc', 'msg', 'type'],
            properties: {
              loc: { type: 'array', items: { type: ['string', 'integer'] } },
              msg: { type: 'string' },
              type: { type: 'string' },
            },
          },
        },
      ],
    },
    request_id: { type: 'string' },
  },
}

function refusals(descriptions: Readonly<Record<string, string>>): JsonSchema {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } }
  return Object.fromEntries(
    Object.entries(descriptions).map(([status, text]) => [status, { description: text, content }]),
  )
}
