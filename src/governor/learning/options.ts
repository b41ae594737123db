import { expect, knownKeys } from '../../check.js'
import type { AutonomyOptions, ResolvedAutonomy } from '../../learn/autonomy/options.js'
import { resolveAutonomy } from '../../learn/autonomy/options.js'
import { type Costs, DEFAULT_COSTS } from '../../learn/advice.js'

/** How a governor learns from what people decide, and from how calls turn out. */
export interface LearningOptions {
  /** What being wrong costs, in units of one question to a person: decides what is recommended. @defaultValue `{ error: 20, refusal: 5 }` */
  readonly costs?: Partial<Costs>
  /** Lets calls through that rules with `autonomy: true` ask about, while the bound on the error holds. @defaultValue none is let through */
  readonly autonomy?: AutonomyOptions
  /** Decided cases of each tenant that can be cited; 41 bytes each, besides 20 MB a tenant. @defaultValue 1_000_000 */
  readonly maxCases?: number
}

/** Options with every default filled in. */
export interface ResolvedLearning {
  readonly costs: Costs
  readonly autonomy: ResolvedAutonomy | undefined
  readonly maxCases: number
}

const KEYS = ['costs', 'autonomy', 'maxCases'] satisfies (keyof LearningOptions)[]

/**
 * Checks the option `learning`, and fills in its defaults; nothing where nothing is to be learnt.
 *
 * @throws GovernanceError `invalid-option`
 */
export function resolveLearning(
  learning: boolean | LearningOptions | undefined,
  option = 'learning',
): ResolvedLearning | undefined {
  if (learning === undefined || learning === false) return undefined
  const options = learning === true ? {} : learning
  expect(typeof options === 'object' && options !== null, option, 'true, false or an object')
  knownKeys(options, KEYS, option)
  const { costs = {}, autonomy, maxCases = 1_000_000 } = options
  knownKeys(costs, Object.keys(DEFAULT_COSTS), `${option}.costs`)
  for (const [name, cost] of Object.entries(costs))
    expect(typeof cost === 'number' && cost > 0, `${option}.costs.${name}`, 'a number of questions above 0')
  expect(Number.isInteger(maxCases) && maxCases >= 1, `${option}.maxCases`, 'a whole number of 1 or more')
  return {
    costs: { ...DEFAULT_COSTS, ...costs },
    autonomy: autonomy && resolveAutonomy(autonomy, `${option}.autonomy`),
    maxCases,
  }
}
