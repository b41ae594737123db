import { type Api, invalid, type RequestOf } from './run/options.js'

/** What the environment says, to be spread into the options of `createGovernedOpenAI`. */
export interface EnvSettings<API extends Api> {
  readonly api: API
  readonly model?: string
  readonly models?: readonly string[]
  readonly request: RequestOf[API]
}

/** Options of {@link settingsFromEnv}. */
export interface EnvOptions<API extends Api> {
  /** @defaultValue `responses` */
  readonly api?: API
  /** @defaultValue the process's environment */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Models that may be asked; `OPENAI_MODELS` narrows them. @defaultValue any */
  readonly models?: readonly string[]
}

/**
 * Reads `OPENAI_MODEL`, `OPENAI_MODELS` (an allow-list, separated by commas), `OPENAI_MAX_TOKENS` and `OPENAI_TEMPERATURE`. What
 * is not set is left to the provider. The key is the client's to read (`OPENAI_API_KEY`).
 *
 * @throws GovernanceError `invalid-option` for a value that is none, and a model that may not be asked
 */
export function settingsFromEnv<API extends Api = 'responses'>(options: EnvOptions<API> = {}): EnvSettings<API> {
  const { api = 'responses' as API, env = processEnv() } = options
  const listed = textOf(env, 'OPENAI_MODELS')
    ?.split(',')
    .map(name => name.trim())
    .filter(Boolean)
  const models = listed?.filter(name => options.models?.includes(name) ?? true) ?? options.models
  const model = textOf(env, 'OPENAI_MODEL')
  if (model !== undefined && models?.includes(model) === false) {
    throw invalid('OPENAI_MODEL', `"${model}" is not among the models that may be asked: ${models.join(', ')}`)
  }
  const tokens = numberOf(
    env,
    'OPENAI_MAX_TOKENS',
    value => Number.isInteger(value) && value >= 1,
    'a whole number of 1 or more',
  )
  const temperature = numberOf(env, 'OPENAI_TEMPERATURE', value => value >= 0 && value <= 2, 'a number from 0 to 2')
  const limit = api === 'chat' ? { max_completion_tokens: tokens } : { max_output_tokens: tokens }
  const request = {
    ...(tokens === undefined ? {} : limit),
    ...(temperature === undefined ? {} : { temperature }),
  } as RequestOf[API]
  return { api, request, ...(model === undefined ? {} : { model }), ...(models === undefined ? {} : { models }) }
}

function textOf(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

function numberOf(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  isAllowed: (value: number) => boolean,
  expected: string,
): number | undefined {
  const text = textOf(env, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!isAllowed(value)) throw invalid(name, `expected ${expected}; found ${JSON.stringify(text)}`)
  return value
}

function processEnv(): Readonly<Record<string, string | undefined>> {
  const { process } = globalThis as { process?: { readonly env: Readonly<Record<string, string | undefined>> } }
  return process?.env ?? {}
}
