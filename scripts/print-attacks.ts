// npm run attacks: makes every attack on the real frameworks, alone and behind a governor, and prints what happened.
import { attacks } from '../test/attacks/all.ts'
import { expected, FRAMEWORKS, play, SIDES } from '../test/attacks/play.ts'
import { type EndingOf, tableOf } from '../test/attacks/table.ts'

process.env['AI_SDK_LOG_WARNINGS'] = 'false'
const endings = new Map<string, ReturnType<EndingOf>>()
for (const attack of attacks) {
  for (const framework of FRAMEWORKS) {
    for (const side of SIDES[framework]) {
      const planned = expected(attack, framework, side)
      const ending = 'because' in planned ? planned : await play(attack, framework, side)
      endings.set(`${attack.id} ${framework} ${side}`, ending)
    }
  }
}
const played: EndingOf = ({ id }, framework, side) =>
  endings.get(`${id} ${framework} ${side}`) ?? { because: 'it was not played' }
console.log(tableOf(attacks, played))
