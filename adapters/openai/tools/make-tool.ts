import { checkProfile, GovernanceError, oneOf, type ToolProfile, type Validate } from 'countersign'
import { schemaProblem } from '../schema/check-schema.js'
import { dropNulls } from '../schema/drop-nulls.js'
import { asSchema, type JsonSchema } from '../schema/json-schema.js'
import { describedBy, isStandardSchema, listed, type StandardSchema } from '../schema/standard-schema.js'
import { strictSchema } from '../schema/strict.js'
import { problemsOf } from '../schema/validate.js'
import type { RegisteredTool, ToolFunction, ToolOptions } from './tool.js'

const NAME = /^[\w-]{1,64}$/
/** What the provider defines, it describes. */
const ANYTHING: JsonSchema = { type: 'object' }
const NOTHING: JsonSchema = { type: 'object', properties: {}, required: [], additionalProperties: false }

/**
 * Checks a tool, and writes its schema as the provider wants it.
 *
 * @throws GovernanceError `invalid-option`
 */
export function makeTool(name: string, execute: ToolFunction, options: ToolOptions = {}): RegisteredTool {
  const {
    description = `Execute ${name}`,
    parameters,
    jsonSchema,
    strict,
    decisionMode,
    format,
    builtin,
    ...profile
  } = options
  checkTool(name, execute, options)
  checkProfile(profile, name)
  const isFunction = format === undefined && builtin === undefined
  const described = isFunction ? describe(name, parameters, jsonSchema) : NOTHING
  const strictly = strict === false ? undefined : strictSchema(described)
  if (strict === true && strictly === undefined) {
    throw invalid(
      `${name}.strict`,
      'its schema says what strict mode cannot (maps, tuples, conditions or anything at all); leave `strict` out',
    )
  }
  const isNullable = isFunction && strictly !== undefined
  return {
    name,
    description,
    format,
    builtin,
    schema: strictly ?? described,
    strict: strictly !== undefined,
    profile: profileOf(profile, decisionMode),
    validate: validator(parameters ?? (builtin === undefined ? NOTHING : ANYTHING), isNullable ? described : undefined),
    execute: execute as RegisteredTool['execute'],
  }
}

function checkTool(name: string, execute: unknown, { description, decisionMode, builtin }: ToolOptions): void {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid('tool', `expected a name of at most 64 letters, digits, "_" and "-"; found ${JSON.stringify(name)}`)
  }
  if (typeof execute !== 'function') throw invalid(name, 'expected the function that is the tool')
  if (description !== undefined && typeof description !== 'string')
    throw invalid(`${name}.description`, 'expected a text')
  if (decisionMode !== undefined) oneOf(`${name}.decisionMode`, decisionMode, ['submit', 'submit_payload'])
  if (builtin !== undefined) oneOf(`${name}.builtin`, builtin, ['shell', 'local_shell', 'apply_patch', 'computer'])
  if (builtin !== undefined && builtin !== name)
    throw invalid(`${name}.builtin`, `expected the tool to be named "${builtin}"`)
}

function describe(name: string, parameters: ToolOptions['parameters'], jsonSchema: JsonSchema | undefined): JsonSchema {
  const schema = jsonSchema ?? parameters ?? NOTHING
  const described = isStandardSchema(schema) ? describedBy(schema, name) : asSchema(schema)
  if (described?.['type'] !== 'object') {
    throw invalid(
      `${name}.parameters`,
      'expected a schema of an object: zod or another Standard Schema, or a JSON Schema',
    )
  }
  const problem = schemaProblem(described)
  if (problem !== undefined) throw invalid(`${name}.parameters`, problem)
  return described
}

/** Checks arguments, after the nulls that strict mode asked for have been taken out again. */
function validator(parameters: StandardSchema | JsonSchema, nullable: JsonSchema | undefined): Validate {
  const plain = (input: unknown): unknown => (nullable === undefined ? input : dropNulls(nullable, input))
  if (isStandardSchema(parameters)) {
    return async input => {
      const result = await parameters['~standard'].validate(plain(input))
      return result.issues === undefined ? { input: result.value } : { problem: listed(result.issues) }
    }
  }
  return input => {
    const value = plain(input)
    const problems = problemsOf(parameters, value)
    return problems.length === 0 ? { input: value } : { problem: problems.join('; ') }
  }
}

/** A decision service reads its mode from the metadata, which it is sent anyway. */
function profileOf(profile: ToolProfile, decisionMode: string | undefined): ToolProfile | undefined {
  if (decisionMode === undefined) return Object.keys(profile).length === 0 ? undefined : profile
  const { metadata } = profile
  const mode = { decision_mode: decisionMode }
  if (typeof metadata !== 'function') return { ...profile, metadata: { ...metadata, ...mode } }
  return { ...profile, metadata: (input: never) => ({ ...metadata(input), ...mode }) }
}

function invalid(option: string, message: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`${option}\`: ${message}`)
}
