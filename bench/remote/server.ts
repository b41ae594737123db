// A service that answers at once, in a process of its own: what is measured is the way there and back.
import { createServer } from 'node:http'

let decisions = 0
const answer = () => ({
  recommendation: 'proceed',
  recommendation_confidence: 'high',
  risk_score: 0.04,
  enforcement_mode: 'advisory',
  request_id: `act_${decisions++}`,
  reason: 'Matched positive outcomes from similar decisions',
})

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    text += chunk
  })
  request.on('end', () => {
    const { actions } = JSON.parse(text) as { readonly actions?: readonly unknown[] }
    const body = JSON.stringify(actions === undefined ? answer() : actions.map(answer))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.send?.(address.port)
})
process.on('disconnect', () => process.exit(0))
