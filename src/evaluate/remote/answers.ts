import { connectService } from '../../service/connect.js'
import type { ConnectionOptions } from '../../service/connection.js'
import type { AnswerChannel, OutsideAnswer } from '../answer-channel.js'

/** As many as a service lists at once. */
const LIMIT = 1000
const MAX_COMMENT_CHARS = 1000
/** How a service calls its answers; an approval that was used up was one. */
const RESOLUTIONS: Readonly<Record<string, OutsideAnswer['resolution']>> = {
  approved: 'approved',
  consumed: 'approved',
  denied: 'rejected',
  rejected: 'rejected',
}

/** A channel to the inbox of a decision service. */
export interface RemoteAnswers extends AnswerChannel {
  /** Lets idle sockets go. */
  readonly close: () => void
}

/** Looks what people have answered in the inbox of a service, over a way of its own. */
export function answerChannel(options: ConnectionOptions, pollMs: number): RemoteAnswers {
  const connection = connectService({ ...options, retry: { attempts: 1 } }, 'remoteDecisions')
  return {
    pollMs,
    close: connection.close,
    find: async (requestIds, { signal }) => {
      const wanted = new Set(requestIds)
      const path = `/approvals?status=all&limit=${LIMIT}`
      const { json } = await connection.send({ method: 'GET', path, signal })
      return (Array.isArray(json) ? json : []).flatMap(item => readAnswer(item, wanted))
    },
  }
}

/** What is not an answer to one of these is nothing. */
function readAnswer(item: unknown, wanted: ReadonlySet<string>): readonly OutsideAnswer[] {
  if (typeof item !== 'object' || item === null) return []
  const { request_id: requestId, status, resolved_by: by, comment } = item as Readonly<Record<string, unknown>>
  if (typeof requestId !== 'string' || !wanted.has(requestId) || typeof status !== 'string') return []
  const resolution = Object.hasOwn(RESOLUTIONS, status) ? RESOLUTIONS[status] : undefined
  if (resolution === undefined) return []
  const said = typeof comment === 'string' && comment !== '' ? { comment: comment.slice(0, MAX_COMMENT_CHARS) } : {}
  return [{ requestId, resolution, ...(typeof by === 'string' && by !== '' ? { by } : {}), ...said }]
}
