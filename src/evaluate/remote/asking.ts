import { sha256 } from '../../ambient.js'
import type { ServiceConnection } from '../../service/connection.js'
import { isServiceError } from '../../service/errors.js'
import type { Asking } from './batcher.js'

/** A question about one call, as it is sent. */
export interface Question {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly key: string
}

/** Paths of a service. */
export const PATHS = {
  evaluate: '/actions/evaluate',
  batch: '/actions/evaluate/batch',
  submit: '/actions/submit',
  submitPayload: '/actions/submit/v2',
  dryRun: '/actions/submit/dry-run',
} as const

/** The service takes no more in one batch. */
const MAX_BATCH = 100
/** What a service answers that has no batches, or does not want this one. */
const UNBATCHED = new Set([400, 404, 405, 413, 422, 501])

/** Asks a service, about one call or about several at once. */
export function askingOf(connection: ServiceConnection): Asking<Question, unknown> {
  let hasBatches = true
  return {
    maxSize: MAX_BATCH,
    askOne: async ({ path, body, key }, { signal, remainingMs }) => {
      const request = { method: 'POST', path, body, idempotencyKey: key, signal, remainingMs } as const
      return (await connection.send(request)).json
    },
    askAll: async (questions, { signal, remainingMs }) => {
      // The same call twice is one question.
      const distinct = [...new Map(questions.map(question => [question.key, question])).values()]
      if (!hasBatches || distinct.length === 1) return undefined
      const body = { actions: distinct.map(question => question.body) }
      const idempotencyKey = await sha256(JSON.stringify(distinct.map(({ key }) => key)))
      try {
        const request = { method: 'POST', path: PATHS.batch, body, idempotencyKey, signal, remainingMs } as const
        const { json } = await connection.send(request)
        if (!isAnswerTo(distinct, json)) return undefined
        const answers = new Map(distinct.map(({ key }, index) => [key, json[index]]))
        return questions.map(({ key }) => answers.get(key))
      } catch (error) {
        if (!isServiceError(error) || !UNBATCHED.has(error.status ?? 0)) throw error
        if (error.status === 404 || error.status === 405 || error.status === 501) hasBatches = false
        return undefined
      }
    },
  }
}

/** One answer for each question. Two that are one decision tell that answers were mixed up. */
function isAnswerTo(questions: readonly Question[], json: unknown): json is readonly unknown[] {
  if (!Array.isArray(json) || json.length !== questions.length) return false
  const ids = json
    .map((answer: { readonly request_id?: unknown } | null) => answer?.request_id)
    .filter(id => typeof id === 'string')
  return new Set(ids).size === ids.length
}
