import { Conversation } from 'countersign/openai'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/governing.js'

/** A word is a token: what is counted is easy to see. */
const countText = (text: string): number => text.split(/\s+/).filter(Boolean).length
const call = (id: string) => ({
  role: 'assistant' as const,
  content: null,
  tool_calls: [{ id, type: 'function' as const, function: { name: 'look', arguments: '{}' } }],
})
const result = (id: string, content = 'seen') => ({ role: 'tool' as const, tool_call_id: id, content })
const roles = (conversation: Conversation): string[] => conversation.messages.map(({ role }) => role)

describe('a conversation', () => {
  it('takes texts by role, and whole messages, in order', () => {
    const conversation = new Conversation()
      .add('system', 'Be brief.')
      .add('user', 'hi')
      .add(call('c1'))
      .add(result('c1'))
    expect(roles(conversation)).toEqual(['system', 'user', 'assistant', 'tool'])
    expect(() => conversation.add({ role: 'nobody', content: 'x' } as never)).toThrow('expected a message')
  })

  it('is trimmed from its oldest messages on; instructions and the newest stay', async () => {
    const conversation = new Conversation({ countText }).add('system', 'Be brief.')
    for (let turn = 1; turn <= 5; turn++)
      conversation.add('user', `question ${turn}`).add('assistant', `answer ${turn}`)
    const before = await conversation.countTokens()
    expect(await conversation.trim(before)).toBe(0)
    const removed = await conversation.trim(30)
    expect(removed).toBeGreaterThan(0)
    expect(await conversation.countTokens()).toBeLessThanOrEqual(30)
    expect(conversation.messages[0]).toEqual({ role: 'system', content: 'Be brief.' })
    expect(conversation.messages[1]?.role).toBe('user')
    expect(conversation.messages.at(-1)).toEqual({ role: 'assistant', content: 'answer 5' })
    await conversation.trim(1)
    expect(roles(conversation)).toEqual(['system', 'assistant'])
    await expect(conversation.trim(0)).rejects.toThrow('above 0')
  })

  it('never leaves a result without its call, however it is cut', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('user' as const), text: fc.string({ maxLength: 20 }) }),
      fc.record({ kind: fc.constant('answer' as const), text: fc.string({ maxLength: 20 }) }),
      fc.record({ kind: fc.constant('calls' as const), count: fc.integer({ min: 1, max: 3 }), stray: fc.boolean() }),
    )
    const cut = fc.oneof(
      fc.record({ trim: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ before: fc.integer({ min: 0, max: 40 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(cut, { maxLength: 3 }), async (steps, cuts) => {
        let at = 0
        const conversation = new Conversation({ countText, now: () => at++ }).add('system', 'Be brief.')
        for (const [index, each] of steps.entries()) {
          if (each.kind === 'user') conversation.add('user', each.text)
          else if (each.kind === 'answer') conversation.add('assistant', each.text)
          else {
            const ids = Array.from({ length: each.count }, (_, position) => `c${index}_${position}`)
            conversation.add({ ...call(ids[0]!), tool_calls: ids.map(id => call(id).tool_calls[0]!) })
            for (const id of ids) conversation.add(result(id))
            if (each.stray) conversation.add(result(`stray${index}`))
          }
        }
        for (const each of cuts) {
          if ('trim' in each) await conversation.trim(each.trim)
          else conversation.clearBefore(each.before)
        }
        if (cuts.length === 0) return
        const { messages } = conversation
        expect(messages[0]).toEqual({ role: 'system', content: 'Be brief.' })
        const called = new Set<string>()
        for (const message of messages) {
          if (message.role === 'assistant') for (const { id } of message.tool_calls ?? []) called.add(id)
          if (message.role === 'tool') expect(called).toContain(message.tool_call_id)
        }
        const answered = new Set(messages.flatMap(message => (message.role === 'tool' ? [message.tool_call_id] : [])))
        expect([...called].filter(id => !answered.has(id))).toEqual([])
      }),
      runs(300),
    )
  })

  it('is cleared of what was said before a time; a result that came later goes with its call', () => {
    const conversation = new Conversation()
      .add('system', 'Be brief.', 1)
      .add('user', 'old', 10)
      .add(call('c1'), 20)
      .add(result('c1'), 40)
      .add('user', 'new', new Date(50))
    expect(conversation.clearBefore(30)).toBe(3)
    expect(roles(conversation)).toEqual(['system', 'user'])
    expect(conversation.clearBefore(new Date(30))).toBe(0)
  })

  it('counts with a real tokenizer, which is loaded when it is needed; odd texts are texts', async () => {
    const conversation = new Conversation()
      .add('user', 'tiktoken is great!')
      .add('user', '<|endoftext|>')
      .add(call('c1'))
    const tokens = await conversation.countTokens()
    expect(tokens).toBeGreaterThan(20)
    expect(tokens).toBeLessThan(80)
    const old = new Conversation({ model: 'gpt-4' }).add('user', 'tiktoken is great!')
    // 3 for the message, 1 for its role, 6 for its text in that encoding, 3 for the answer.
    expect(await old.countTokens()).toBe(13)
  })

  it('counts parts: texts, pictures, and whatever else', async () => {
    const parts = [
      { type: 'text' as const, text: 'one two' },
      { type: 'image_url' as const, image_url: { url: 'https://example.test/a.png' } },
    ]
    const conversation = new Conversation({ countText }).add({ role: 'user', content: parts })
    expect(await conversation.countTokens()).toBe(3 + 3 + 1 + 2 + 85)
  })

  it('is kept as text, and comes back with its times', async () => {
    const conversation = new Conversation({ now: () => 7 }).add('user', 'hi').add(call('c1')).add(result('c1'))
    const text = JSON.stringify(conversation)
    const restored = Conversation.restore(text)
    expect(restored.messages).toEqual(conversation.messages)
    expect(JSON.stringify(restored)).toBe(text)
    expect(Conversation.restore(JSON.parse(text)).clearBefore(8)).toBe(3)
    for (const bad of [
      '{',
      '[]',
      '{"version":2,"entries":[]}',
      '{"version":1,"entries":[{}]}',
      '{"version":1,"entries":[{"at":1,"message":{"role":"x"}}]}',
    ]) {
      expect(() => Conversation.restore(bad)).toThrow(/restore|add/)
    }
  })
})
