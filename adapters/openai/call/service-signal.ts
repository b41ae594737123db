import type { Decision } from 'countersign'
import { isRecord, textIn, type UnknownRecord } from './record.js'

/** What a decision service says besides its verdict. */
export interface ServiceSignal {
  readonly trajectoryHealth?: string
  readonly riskBand?: string
  readonly confidenceZone?: string
  readonly regretBand?: string
  /** As it came. */
  readonly decisionPacket?: UnknownRecord
}

/** What the service's answer says, where one was asked. */
export function serviceSignal({ service }: Decision): ServiceSignal {
  const raw = service?.raw
  if (raw === undefined) return {}
  const packet = isRecord(raw['decision_packet']) ? raw['decision_packet'] : undefined
  const signal = packet?.['signal']
  const fields = {
    trajectoryHealth:
      textIn(raw['decision_intelligence'], 'trajectory_health') ?? textIn(raw['intelligence'], 'trajectory_health'),
    riskBand: textIn(signal, 'risk_band'),
    confidenceZone: textIn(signal, 'confidence_zone'),
    regretBand: textIn(signal, 'regret_band'),
    decisionPacket: packet,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
