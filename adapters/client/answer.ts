import { type ServiceAnswer, ServiceError } from 'countersign'
import type { Endpoint } from './endpoint.js'
import { fromWire } from './wire.js'

/**
 * What a service answered, with our names. Nothing is an empty object, where nothing will do.
 *
 * @throws ServiceError `malformed` for an answer that is not what the endpoint gives
 */
export function answerOf(endpoint: Endpoint, place: string, { status, json }: ServiceAnswer): unknown {
  const answer = fromWire(json)
  const isList = Array.isArray(answer)
  const isObject = typeof answer === 'object' && answer !== null && !isList
  if (endpoint.answer === 'list' && !isList) throw malformed(place, 'a list', status)
  if (endpoint.answer === 'object' && !isObject) throw malformed(place, 'an object', status)
  return answer ?? {}
}

function malformed(place: string, expected: string, status: number): ServiceError {
  return new ServiceError('malformed', `The service answered ${place} with something else than ${expected}.`, {
    status,
  })
}
