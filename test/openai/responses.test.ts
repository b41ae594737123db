import { describe, expect, it } from 'vitest'
import { all, calling, outputsIn, scripted } from './support.js'

describe('a run over the Responses API', () => {
  it('executes an allowed call, tells the model what came of it, and ends with its answer', async () => {
    await using run = await scripted([calling('pay', { amount: 40, to: null }), { text: 'Paid.' }])
    const result = await run.ai.run({ input: 'pay 40', user: 'ada' })
    expect(run.ran).toEqual(['pay 40'])
    expect(result.text).toBe('Paid.')
    expect(result.execution.last).toMatchObject({ tool: 'pay', status: 'executed', output: { paid: 40 }, seq: 0 })
    expect(result.execution.last?.decision).toMatchObject({ allowed: true, result: 'allowed', user: 'ada' })
    expect(outputsIn(run.server)).toEqual([{ status: 'executed', output: { paid: 40 } }])
    expect(await run.governor.decisions.list()).toHaveLength(1)
  })

  it('streams the same run', async () => {
    await using run = await scripted([calling('pay', { amount: 40, to: 'bob' }), { text: 'Paid it.' }])
    const events = await all(run.ai.runStream({ input: 'pay 40' }))
    expect(events.map(({ type }) => type)).toMatchInlineSnapshot(`
      [
        "output_item_added",
        "function_call_args_delta",
        "function_call_args_delta",
        "function_call_args_delta",
        "function_call_args_delta",
        "function_call_args_done",
        "response_done",
        "execution_event",
        "output_item_added",
        "llm_delta",
        "llm_delta",
        "llm_text_done",
        "response_done",
        "final_response",
      ]
    `)
    expect(run.ran).toEqual(['pay 40 to bob'])
  })
})
