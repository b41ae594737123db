import type { Field, OpenShape, Shape } from '../../../src/service/protocol/shape.js'

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What a body may hold. @param isStrict whether fields that nobody documented are refused */
export function bodySchema(shape: Shape | OpenShape, isStrict: boolean): JsonSchema {
  return isOpen(shape) ? objectSchema(shape.open, true) : objectSchema(shape, !isStrict)
}

/** What a field may hold; what is optional may be null too, which is the same as to leave it out. */
export function fieldSchema(field: Field, isNullable = field.required !== true): JsonSchema {
  const { type, words, min, max, items, fields, open } = field
  if (type === 'any') return {}
  const nullable = isNullable ? [type, 'null'] : type
  if (type === 'object' && fields !== undefined) return { ...objectSchema(fields, open === true), type: nullable }
  return {
    type: nullable,
    ...(words === undefined ? {} : { enum: isNullable ? [...words, null] : words }),
    ...limitsOf(type, min, max),
    ...(items === undefined ? {} : { items: fieldSchema(items, false) }),
  }
}

function objectSchema(shape: Shape, isOpenEnded: boolean): JsonSchema {
  const required = Object.entries(shape).flatMap(([name, field]) => (field.required === true ? [name] : []))
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, fieldSchema(field)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: isOpenEnded,
  }
}

const LIMITS: Partial<Readonly<Record<Field['type'], readonly [least: string, most: string]>>> = {
  number: ['minimum', 'maximum'],
  integer: ['minimum', 'maximum'],
  string: ['minLength', 'maxLength'],
  array: ['minItems', 'maxItems'],
}

function limitsOf(type: Field['type'], min: number | undefined, max: number | undefined): JsonSchema {
  const [least, most] = LIMITS[type] ?? []
  return {
    ...(min === undefined || least === undefined ? {} : { [least]: min }),
    ...(max === undefined || most === undefined ? {} : { [most]: max }),
  }
}

function isOpen(shape: Shape | OpenShape): shape is OpenShape {
  return 'open' in shape && !('type' in shape.open)
}
