import { createOpenAI } from '@ai-sdk/openai'
import { type GovernorOptions, rule } from 'countersign'
import { describe, expect, it } from 'vitest'
import { hasFixtures, NEEDS_FIXTURES, recorded, replayServer } from '../support/replay-server.js'
import { deskGovernor } from './desk.js'
import { answering, openPage, type PageMessage, tampered } from './page.js'
import { type Sdk, sdks } from './scripted.js'

const [ai7] = sdks as [Sdk]
const fixture = (number: number) =>
  recorded(`packages/openai/src/responses/__fixtures__/openai-mcp-tool-approval.${number}.chunks.txt`)
const NAME = 'mcp.create_short_url'

/** A page on a route whose provider runs MCP tools itself, and asks before it does. */
async function open(options: GovernorOptions, ...steps: readonly number[]) {
  const server = await replayServer({ '/responses': steps.flatMap(fixture) })
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' })
  const governor = deskGovernor({ unlisted: 'allow', ...options })
  const mcp = openai.tools.mcp({ serverLabel: 'zip1', serverUrl: 'https://zip1.io/mcp', requireApproval: 'always' })
  const page = openPage(ai7, {
    governor: governor.session({ user: 'ann', sessionId: 'chat-1' }),
    tools: { mcp },
    models: [{ model: openai.responses('gpt-5-mini'), prompts: () => [] }],
  })
  await page.ask('shorten it')
  const answers = () =>
    server.requests.map(({ body }) =>
      body.input
        .filter((item: { type: string }) => item.type === 'mcp_approval_response')
        .map(({ approve }: { approve: boolean }) => approve),
    )
  return { page, governor, answers, [Symbol.asyncDispose]: server.close }
}

const denied = rule('no', { tools: ['mcp.*'], effect: 'deny', reason: 'no links to the outside' })
const held = rule('ask', { tools: ['mcp.*'], effect: 'require_approval', reason: 'a link to the outside' })

describe.skipIf(!hasFixtures)(`an approval that the provider waits for (${NEEDS_FIXTURES})`, () => {
  it('is handed on where the policy allows the call, and stays as it was in later requests', async () => {
    await using chat = await open({ policy: [] }, 3, 4, 2)
    await chat.page.answer({ approved: true })
    await chat.page.ask('thanks')
    expect(chat.page.failures).toEqual([])
    expect(chat.answers()).toEqual([[], [true], [true]])
    expect(await chat.governor.decisions.list({ tool: NAME })).toMatchObject([{ result: 'allowed', user: 'ann' }])
    expect(chat.page.text()).toContain('shortened link')
  })

  it('is a denial where the policy forbids the call, and the provider goes on with that', async () => {
    await using chat = await open({ policy: [denied] }, 1, 2)
    await chat.page.answer({ approved: true })
    expect(chat.page.failures).toEqual([])
    expect(chat.answers()).toEqual([[], [false]])
    expect(chat.page.text()).toContain('was not approved')
    expect(await chat.governor.decisions.list({ tool: NAME })).toMatchObject([
      { result: 'blocked', reason: 'no links to the outside' },
    ])
  })

  it('is recorded as the answer of the person in the conversation where the policy asks for one', async () => {
    await using chat = await open({ policy: [held] }, 3, 4)
    await chat.page.answer({ approved: true, reason: 'fine' })
    expect(chat.answers()).toEqual([[], [true]])
    expect(await chat.governor.approvals.list()).toMatchObject([{ status: 'consumed', by: 'ann', comment: 'fine' }])
  })

  it('is recorded where it is a denial', async () => {
    await using chat = await open({ policy: [held] }, 1, 2)
    await chat.page.answer({ approved: false, reason: 'no' })
    expect(chat.answers()).toEqual([[], [false]])
    expect(await chat.governor.approvals.list()).toMatchObject([{ status: 'rejected', by: 'ann', comment: 'no' }])
  })

  it('is handed on once: the same conversation sent again is a denial', async () => {
    for (const policy of [[], [held]]) {
      await using chat = await open({ policy }, 3, 4, 4)
      const answered = tampered(chat.page.messages(), answering(true))
      for (const _ of [1, 2]) await (await chat.page.post(answered)).text()
      expect(chat.answers()).toEqual([[], [true], [false]])
    }
  })

  it('is handed on once, whatever call of its own a page hangs it on', async () => {
    await using chat = await open({ policy: [held] }, 3, 4, 4)
    const answered = tampered(chat.page.messages(), answering(true))
    await (await chat.page.post(answered)).text()
    const renamed: PageMessage[] = tampered(answered, part => ('approval' in part ? { toolCallId: 'another' } : {}))
    await (await chat.page.post(renamed)).text()
    expect(chat.answers()).toEqual([[], [true], [false]])
  })

  it('waits for somebody else where somebody else is to approve', async () => {
    await using chat = await open({ policy: [held], approvals: { approver: 'inbox' } }, 3, 2, 4)
    const answered = tampered(chat.page.messages(), answering(true))
    await (await chat.page.post(answered)).text()
    const [request] = await chat.governor.approvals.list()
    await chat.governor.approvals.resolve(request?.id ?? '', { resolution: 'approved', by: 'carol' })
    await (await chat.page.post(answered)).text()
    expect(chat.answers()).toEqual([[], [false], [true]])
  })
})
