import { serve as listen } from '@hono/node-server'
import { type Effect, memoryStore, remoteDecisions, type Rule } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { arrangementFor, testEvaluator } from 'countersign/testing'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { it } from 'vitest'

const RULES: Readonly<Record<Effect, Rule>> = {
  deny: { id: 'no', effect: 'deny', hard: true },
  require_approval: { id: 'ask', effect: 'require_approval' },
  allow: { id: 'go', effect: 'allow' },
}

testEvaluator({
  name: 'a governor that asks a decision service',
  test: it,
  create: evaluatorCase => {
    const wanted = arrangementFor(evaluatorCase)
    if (wanted === undefined) return { skip: 'a server never answers this' }
    const { trouble } = evaluatorCase
    return {
      start: async late => {
        const service = createDecisionServer({
          store: memoryStore(),
          mode: wanted.mode,
          policy: { rules: [RULES[wanted.effect]] },
          keys: [{ key: 'agent-key-of-the-tests', role: 'agent' }],
        })
        const fetch = async (request: Request): Promise<Response> => {
          if (trouble === 'late') await late
          return service.app.fetch(request)
        }
        const listening = listen({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
        if (!listening.listening) await once(listening, 'listening')
        const { port } = listening.address() as AddressInfo
        const evaluator = remoteDecisions({
          baseUrl: `http://127.0.0.1:${port}`,
          apiKey: trouble === 'error' ? 'wrong-key' : 'agent-key-of-the-tests',
          outcomes: false,
          memory: false,
        })
        const dispose = async (): Promise<void> => {
          evaluator.close?.()
          const closed = once(listening, 'close')
          listening.close()
          if ('closeAllConnections' in listening)
            (listening as { closeAllConnections: () => void }).closeAllConnections()
          await closed
          await service.close()
        }
        return { evaluator, dispose }
      },
    }
  },
})
