import { Failure } from '../failure.js'
import { asking, serviceAt } from '../target/service.js'
import type { DoctorOptions, Finding } from './doctor.js'

const PATIENCE_MS = 5000
/** Times of approvals and signatures are compared between machines. */
const MOST_SKEW_MS = 5000

/** Whether a service is there, knows the keys, and has the same time. */
export async function checkService(url: string, options: DoctorOptions): Promise<Finding[]> {
  const before = Date.now()
  const reached = await reach(url)
  if (!(reached instanceof Headers)) return [reached]
  const service: Finding = { check: 'service', status: 'ok', message: `${url} answers in ${Date.now() - before} ms` }
  const { apiKey, approverKey } = options
  const keys = [
    apiKey === undefined ? NO_KEY : await checkKey('agent key', url, apiKey),
    ...(approverKey === undefined ? [] : [await checkKey('approver key', url, approverKey)]),
  ]
  return [service, clock(reached, (before + Date.now()) / 2), ...keys]
}

const NO_KEY: Finding = {
  check: 'agent key',
  status: 'warn',
  message: 'none to check',
  advice: 'Set COUNTERSIGN_API_KEY, or pass --api-key.',
}

async function reach(url: string): Promise<Headers | Finding> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'manual' })).headers
  } catch {
    const advice = 'Is it there, and is the URL right? `countersign serve` starts one.'
    return { check: 'service', status: 'fail', message: `${url} cannot be reached`, advice }
  }
}

function clock(headers: Headers, now: number): Finding {
  const theirs = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(theirs)) return { check: 'clock', status: 'warn', message: 'the service does not say its time' }
  // The header has whole seconds.
  const skew = Math.max(0, Math.abs(theirs + 500 - now) - 500)
  if (skew <= MOST_SKEW_MS) return { check: 'clock', status: 'ok', message: 'agrees with that of the service' }
  const advice = 'Let both machines take their time from the network (NTP).'
  return { check: 'clock', status: 'warn', message: `${Math.round(skew / 1000)} s off that of the service`, advice }
}

async function checkKey(check: string, url: string, apiKey: string): Promise<Finding> {
  const service = serviceAt(url, { apiKey })
  try {
    await asking(url, () => service.approvals.list({ limit: 1 }))
    return { check, status: 'ok', message: 'is known to the service' }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const advice = error instanceof Failure ? error.advice : undefined
    return { check, status: 'fail', message, ...(advice === undefined ? {} : { advice }) }
  } finally {
    service.close()
  }
}
