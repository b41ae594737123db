import type { CallScope } from 'countersign'
import { ask, type AskableCall, prepareCall } from './ask.js'
import type { Gate, GatedCall } from './gate.js'
import { ofSession, type Place } from './place.js'
import { shown } from './question.js'
import { saidIn } from './said.js'
import { answersAtHand, canAsk } from './scratchpad.js'
import { checkSwitch } from './switch.js'

/**
 * Only a call with an id can be recognised when the graph brings it back, so only such a call raises an interrupt. Several
 * calls of a node ask in no certain order, and one answer may come to all of them: then it must say what it is about.
 */
export async function askAbout(gate: Gate, call: GatedCall, place: Place): Promise<void> {
  const { config } = call
  if (!canAsk(config)) return
  const asked = await prepareCall(askable(gate, call, place), answersAtHand(config) !== 0)
  await ask([asked], { config, isAlone: false, byName: () => othersAsked(gate, place) })
}

/** A call of a gate, for the question. */
export function askable(gate: Gate, call: Omit<GatedCall, 'events' | 'asTuple'>, place: Place): AskableCall {
  const { governor, name, profile } = gate
  const { input, validate, schema, config } = call
  const said = (): readonly string[] => saidIn(config.state)
  const scope: CallScope = { ...place.scope, profile, validate, said, signal: config.signal }
  return {
    name,
    args: shown(input),
    schema,
    callId: place.callId,
    governor,
    scope: place.scope,
    prepare: answer =>
      governor.prepare({ id: place.callId, name, input }, answer === undefined ? scope : { ...scope, answer }),
    check: answer => checkSwitch(gate.others, answer),
  }
}

async function othersAsked({ governor }: Gate, { scope, turn, callId }: Place): Promise<string | undefined> {
  const approvals = await governor.approvals.list(ofSession(scope))
  const others = approvals.some(({ call: { id } }) => id !== callId && turn !== undefined && id.endsWith(`@${turn}`))
  return others ? BY_NAME : undefined
}

/** Why an answer without a name cannot be used. */
export const BY_NAME = 'several calls wait for a person, so each decision must name the approvalId it is about'
