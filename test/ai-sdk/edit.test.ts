import { jsonSchema, type Tool } from 'ai'
import { type Governor, memoryStore } from 'countersign'
import { governedTool } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deskGovernor, deskTools } from './desk.js'
import { answering, openPage, type Route, tampered } from './page.js'
import { type Sdk, sdks } from './scripted.js'

const big = { id: 'c1', name: 'pay', input: { amount: 5000 } }
const NOTICE = 'a reviewer changed this call to tool \\"pay\\" before it ran (amount: 5000 became 4000)'

/** A page whose held call a colleague has approved elsewhere with another input, and that goes on then. */
async function edited(sdk: Sdk, governor: Governor, tools: Route['tools'], input: unknown) {
  const model = sdk.scripted('done', 'done')
  const session = governor.session({ user: 'ann', sessionId: 'chat-1' })
  const page = openPage(sdk, { governor: session, tools, models: [sdk.scripted([big]), model] })
  await page.ask('pay 5000')
  const [request] = await governor.approvals.list()
  await governor.approvals.resolve(request?.id ?? '', { resolution: 'approved', by: 'carol', input })
  await page.answer({ approved: true })
  return { page, model }
}

describe.each(sdks)('a call that a reviewer changed: $major', sdk => {
  it('runs as the reviewer wrote it, and model and page are told what was changed', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const { page, model } = await edited(sdk, governor, tools, { amount: 4000 })
    expect(ran).toEqual(['pay 4000'])
    expect(model.prompts()[0]).toContain(NOTICE)
    expect(model.prompts()[0]).toContain('{\\"paid\\":4000}')
    expect(page.parts('tool-pay')).toMatchObject([{ state: 'output-available', output: { paid: 4000 } }])
    expect(page.parts('data-governance')).toMatchObject([
      { data: { status: 'executed', approval: { status: 'approved', by: 'carol' }, edit: { changed: ['amount'] } } },
    ])
  })

  it('is told of in every later request too, after a restart as well', async () => {
    const store = memoryStore()
    const { tools, ran } = deskTools()
    const { page } = await edited(sdk, deskGovernor({ store }), tools, { amount: 4000 })
    const model = sdk.scripted('as I said')
    const governor = deskGovernor({ store }).session({ user: 'ann', sessionId: 'chat-1' })
    const later = openPage(sdk, { governor, tools, models: [model] })
    await (
      await later.post([...page.messages(), { id: 'u2', role: 'user', parts: [{ type: 'text', text: 'well?' }] }])
    ).text()
    expect(model.prompts()[0]).toContain(NOTICE)
    expect(ran).toEqual(['pay 4000'])
  })

  it('is told of without what the profile masks, after a restart too', async () => {
    const options = { store: memoryStore(), tools: { pay: { redact: ['amount'] } } }
    const { tools } = deskTools()
    const { model: first, page } = await edited(sdk, deskGovernor(options), tools, { amount: 4000 })
    const model = sdk.scripted('as I said')
    const governor = deskGovernor(options).session({ user: 'ann', sessionId: 'chat-1' })
    const later = openPage(sdk, { governor, tools, models: [model] })
    await (
      await later.post([...page.messages(), { id: 'u2', role: 'user', parts: [{ type: 'text', text: 'well?' }] }])
    ).text()
    for (const prompt of [first.prompts().at(-1), model.prompts()[0]]) {
      expect(prompt).toContain('before it ran (amount changed)')
      expect(prompt).not.toContain('became')
    }
  })

  it('is told of when its receipt is given back', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const session = governor.session({ user: 'ann', sessionId: 'chat-1' })
    const model = sdk.scripted('done', 'done')
    const page = openPage(sdk, { governor: session, tools, models: [sdk.scripted([big]), model] })
    await page.ask('pay 5000')
    const [request] = await governor.approvals.list()
    await governor.approvals.resolve(request?.id ?? '', {
      resolution: 'approved',
      by: 'carol',
      input: { amount: 4000 },
    })
    const answered = tampered(page.messages(), answering(true))
    for (const _ of [1, 2]) await (await page.post(answered)).text()
    expect(ran).toEqual(['pay 4000'])
    for (const prompt of model.prompts()) expect(prompt).toContain(NOTICE)
  })

  it('is checked by the tool’s schema while the reviewer is there, once a call of it was seen', async () => {
    const { tools, ran } = deskTools()
    const governor = deskGovernor()
    await expect(edited(sdk, governor, tools, { amount: 'a lot' })).rejects.toThrow('amount: ')
    expect(ran).toEqual([])
    expect(await governor.approvals.list()).toMatchObject([{ status: 'pending' }])
  })

  it('is told of when the tool fails with it', async () => {
    const governor = deskGovernor()
    const { tools } = deskTools()
    const pay = { ...tools.pay, execute: async () => Promise.reject(new RangeError('the till is empty')) }
    const { model } = await edited(sdk, governor, { pay }, { amount: 4000 })
    expect(model.prompts()[0]).toContain(NOTICE)
    expect(model.prompts()[0]).toContain('the till is empty')
  })

  it.each([
    ['text', { type: 'text', value: 'shown' }, 'became 4000). The result is that of the changed call.\\nshown'],
    ['content', { type: 'content', value: [{ type: 'text', text: 'shown' }] }, '"text":"shown"'],
    ['error-json', { type: 'error-json', value: { code: 7 } }, '{\\"code\\":7}'],
  ])('keeps what the tool itself makes of its output: %s', async (_, shown, expected) => {
    const governor = deskGovernor()
    const { tools } = deskTools()
    const pay = { ...tools.pay, toModelOutput: () => shown as never }
    const { model } = await edited(sdk, governor, { pay }, { amount: 4000 })
    expect(model.prompts()[0]).toContain(NOTICE)
    expect(model.prompts()[0]).toContain(expected)
  })
})

describe('an input that a reviewer wrote is checked by', () => {
  it.each([
    ['a schema of the SDK’s own', jsonSchema<{ amount: number }>({ type: 'object' }, { validate: numeric })],
    ['a schema that is made only when it is asked for', () => jsonSchema({ type: 'object' }, { validate: numeric })],
    ['a Standard Schema', z.object({ amount: z.number('amount is no number') })],
  ])('%s', async (_, inputSchema) => {
    const governor = deskGovernor()
    const ran: unknown[] = []
    const plain: Tool = { inputSchema, execute: async (input: unknown) => ran.push(input) }
    const pay = governedTool(plain, { name: 'pay', governor })
    const call = { toolCallId: 'c1', messages: [], context: {} }
    const execute = async (): Promise<unknown> => pay.execute?.({ amount: 5000 }, call as never)
    await expect(execute()).rejects.toThrow("needs a person's approval")
    const [request] = await governor.approvals.list()
    const resolve = (amount: unknown) =>
      governor.approvals.resolve(request?.id ?? '', { resolution: 'approved', by: 'carol', input: { amount } })
    await expect(resolve('a lot')).rejects.toThrow('amount is no number')
    await resolve(4000)
    await execute()
    expect(ran).toEqual([{ amount: 4000 }])
  })
})

function numeric(value: unknown) {
  const isFine = typeof (value as { amount?: unknown }).amount === 'number'
  return isFine
    ? ({ success: true, value: value as { amount: number } } as const)
    : ({ success: false, error: new Error('amount is no number') } as const)
}
