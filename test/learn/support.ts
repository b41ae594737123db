import type { RiskCase, RiskModel } from 'countersign/learning'

/** A call that pays somebody. */
export function payment(to: string, amount: number, more: Partial<RiskCase> = {}): RiskCase {
  return { tool: 'send_money', actor: 'agent', domain: 'bank', input: { to, amount }, ...more }
}

/** Labels of calls to a good and a bad account, by turns. */
export function teach(model: RiskModel, times: number): void {
  for (let time = 0; time < times; time++) {
    const isBad = time % 3 === 0
    const call = payment(isBad ? 'thief' : `friend_${time % 5}`, 10 + (time % 7), { trajectoryId: `run_${time}` })
    const { features } = model.predict(call)
    model.observe(features)
    model.reportError(features, time % 5 === 0)
    model.learn(features, { isBad, id: `case_${time}` })
  }
}
