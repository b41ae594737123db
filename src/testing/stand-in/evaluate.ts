import { isRecord } from '../../service/protocol/validate.js'
import { PROCEED, type WireAction } from './wire.js'
import type { World, WireRecord } from './world.js'

/** Answers one question: a switch that is on before the script, the script before the function, the default last. */
export async function evaluate(world: World, body: WireRecord): Promise<unknown> {
  const action = withContext(body)
  const scripted = await answerTo(world, action)
  if (!isRecord(scripted)) {
    world.decisions.push({ requestId: undefined, action, answer: scripted })
    return scripted
  }
  const dryRun = action.dry_run === true ? { dry_run: true } : {}
  const answer: WireRecord = { request_id: world.id('act'), ...dryRun, ...scripted }
  const { request_id: id } = answer
  const requestId = typeof id === 'string' ? id : undefined
  world.decisions.push({ requestId, action, answer })
  if (requestId !== undefined && action.dry_run !== true && asks(answer)) open(world, requestId, action)
  return answer
}

/** What older clients call metadata is context; where both say something, the context does. */
function withContext({ metadata, ...body }: WireRecord): WireAction {
  const action = body as WireAction
  return isRecord(metadata) ? { ...action, context: { ...metadata, ...action.context } } : action
}

async function answerTo(world: World, action: WireAction): Promise<unknown> {
  const stopped = world.switches.some(
    item => item['is_active'] === true && (item['scope'] === 'global' || item['domain'] === action.domain),
  )
  if (stopped) return KILLED
  if (world.script.length > 0) return world.script.shift()
  const decided = await world.decide?.(action)
  return decided === undefined ? PROCEED : decided
}

/** An answer while a kill switch is on. */
const KILLED = {
  recommendation: 'do_not_proceed',
  recommendation_confidence: 'high',
  risk_score: 1,
  enforcement_mode: 'enforced',
  enforced_verdict: 'blocked',
  allowed: false,
  result: 'blocked',
  reason: 'a kill switch is on',
  blocked_by: 'kill_switch',
}

function asks(answer: WireRecord): boolean {
  const { requires_approval: approval, human_review: review, result, enforced_verdict: verdict } = answer
  return [approval, review].includes(true) || [result, verdict].includes('requires_approval')
}

function open(world: World, requestId: string, { action, actor = 'AI_AGENT', value = null }: WireAction): void {
  const rule = { rule_id: null, validation_id: world.id('val') }
  world.approvals.push({
    request_id: requestId,
    ...rule,
    action,
    actor,
    value,
    status: 'pending',
    created_at: world.now(),
  })
}
