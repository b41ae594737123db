import { generateText, jsonSchema, streamText, tool, type ToolSet } from 'ai'
import { createGovernor, type Governor, memoryStore } from 'countersign'
import { withGovernance } from 'countersign/ai-sdk'
import { normalizeStream } from 'countersign/openai'
import { describe, expect, it } from 'vitest'
import { hasFixtures, NEEDS_FIXTURES, recorded, replayServer } from '../support/replay-server.js'
import { callsIn, type RecordedCall } from './recorded-calls.js'
import { rows } from './rows.js'

const nameOf = (path: string): string => path.split('/').at(-1) ?? ''

const governing = (effect: 'allow' | 'deny'): Governor =>
  createGovernor({ store: memoryStore(), policy: { rules: [{ id: 'all', tools: ['*'], effect }] } })

/** Recordings that are broken on purpose: nothing of them is decided on, and nothing runs. */
const ENDS_IN_ERROR: Readonly<Record<string, RegExp>> = {
  'spliced-message-start.chunks.txt': /message_start for message "msg_second" while message "msg_first" is still open/,
}

describe.skipIf(!hasFixtures)(
  `recorded calls of each provider, through its own package, governed (${NEEDS_FIXTURES})`,
  () => {
    for (const { provider, files, routes, model, hosted = {}, steps: stepsOf = recorded } of rows) {
      it.each(files)(`${provider}: %s`, async path => {
        const broken = ENDS_IN_ERROR[nameOf(path)]
        const calls = broken === undefined ? callsIn(path) : []
        const names = calls.map(({ name }) => name)
        expect(names.length > 0).toBe(broken === undefined)
        for (const effect of ['allow', 'deny'] as const) {
          const steps = stepsOf(path)
          await using server = await replayServer(Object.fromEntries(routes.map(route => [route, steps])))
          const ran: RecordedCall[] = []
          const tools: ToolSet = Object.fromEntries(
            names.map(name => [
              name,
              tool({
                inputSchema: jsonSchema({ type: 'object' }),
                execute: input => void ran.push({ name, input }),
              }),
            ]),
          )
          const governor = governing(effect)
          const options = {
            model: model(server.url),
            ...withGovernance({ ...hosted, ...tools }, { governor }),
            prompt: 'go',
            stopWhen: ({ steps: { length } }: { readonly steps: readonly unknown[] }) => length >= steps.length,
          }
          if (path.endsWith('.json')) await generateText(options)
          else {
            const errors: unknown[] = []
            await streamText({ ...options, onError: ({ error }) => void errors.push(error) }).consumeStream()
            if (broken !== undefined)
              expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(broken) })])
          }
          // Same calls, in the same order, one decision for each.
          const all = await governor.decisions.list({ limit: 100 })
          const decisions = all.filter(decision => !Object.hasOwn(hosted, decision.tool))
          expect(decisions.map(decision => decision.tool).toSorted()).toEqual(names.toSorted())
          expect(decisions.map(({ result }) => result)).toEqual(
            names.map(() => (effect === 'allow' ? 'allowed' : 'blocked')),
          )
          expect(ran).toEqual(effect === 'allow' ? calls : [])
        }
      })
    }
  },
)

describe.skipIf(!hasFixtures)(
  `recorded streams of each provider, as the events that every wire and framework has (${NEEDS_FIXTURES})`,
  () => {
    for (const { provider, files, routes, model, steps: stepsOf = recorded } of rows) {
      const streams = files.filter(path => !path.endsWith('.json') && !Object.hasOwn(ENDS_IN_ERROR, nameOf(path)))
      it.each(streams)(`${provider}: %s`, async path => {
        const [step] = stepsOf(path)
        await using server = await replayServer(Object.fromEntries(routes.map(route => [route, [step!]])))
        const calls = callsIn(path)
        const names = new Set(calls.map(({ name }) => name))
        const tools: ToolSet = Object.fromEntries(
          [...names].map(name => [name, tool({ inputSchema: jsonSchema({ type: 'object' }) })]),
        )
        const { fullStream } = streamText({ model: model(server.url), tools, prompt: 'go', onError: () => undefined })
        const ended: RecordedCall[] = []
        let last = ''
        for await (const event of normalizeStream(fullStream, 'ai-sdk')) {
          last = event.type
          expect(Object.values(event)).not.toContain(undefined)
          expect(Object.values(event)).not.toContain(null)
          if (event.type !== 'function_call_args_done' || !names.has(event.name ?? '')) continue
          expect(event.callId).toEqual(expect.any(String))
          ended.push({ name: event.name ?? '', input: JSON.parse(event.arguments) })
        }
        expect(last).toBe('response_done')
        // The first answer of a recording that holds several.
        expect(ended).toEqual(calls.slice(0, ended.length))
        if (stepsOf(path).length === 1) expect(ended).toHaveLength(calls.length)
      })
    }
  },
)
