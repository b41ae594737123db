import type { CallParams, GovernedModel, ModelLike } from './model-like.js'
import { checkVersion, generate, stream, targetOf } from './model-middleware.js'
import { checkModel, type GovernedModelOptions, resolveModelOptions } from './model-options.js'

/**
 * A model behind a guard: one deadline, retries, a circuit breaker, limits, budgets, a cache, and other models where it fails.
 * What it throws is never tried again by the SDK, whatever `maxRetries` says.
 *
 * @throws GovernanceError `invalid-option`
 */
export function governedModel<MODEL extends ModelLike>(
  model: MODEL,
  options: GovernedModelOptions = {},
): GovernedModel<MODEL> {
  const place = 'governedModel'
  checkModel(model, `${place}.model`)
  const resolved = resolveModelOptions(options, place)
  const { guard, fallbacks } = resolved
  for (const fallback of fallbacks) checkVersion(model, fallback)
  guard.check([model, ...fallbacks].map(targetOf))
  const governed: ModelLike = {
    specificationVersion: model.specificationVersion,
    provider: model.provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls
    },
    doGenerate: (params: CallParams) => generate(resolved, model, params),
    doStream: (params: CallParams) => stream(resolved, model, params),
  }
  return governed as GovernedModel<MODEL>
}
