import { ProvenanceTracker } from 'countersign/learning'
import { describe, expect, it } from 'vitest'

describe('where the values of a call came from', () => {
  it('is the user, an earlier tool result, or the model', () => {
    const tracker = new ProvenanceTracker()
    tracker.userSaid('Please pay the bill in bill-december.txt, 50 at most')
    tracker.toolReturned('read_file', 'Recipient: US133000000121212121212. Amount: 98.70')
    const input = {
      file: 'bill-december.txt',
      to: 'US133000000121212121212',
      limit: 50,
      note: 'as you wished',
      at: null,
    }
    expect(tracker.provenanceOf(input)).toEqual({
      file: 'user',
      to: 'tool:read_file',
      limit: 'user',
      note: 'model',
    })
  })

  it('is named by path, as in lists of things', () => {
    const tracker = new ProvenanceTracker()
    tracker.toolReturned('search', { people: [{ email: 'ada@example.com' }] })
    const input = { to: ['ada@example.com', 'eve@example.org'], by: { name: 'Bo' } }
    expect(tracker.provenanceOf(input)).toEqual({ 'to[0]': 'tool:search', 'to[1]': 'model', 'by.name': 'model' })
  })

  it('is the user where both said it, and the tool that returned last where several did', () => {
    const tracker = new ProvenanceTracker()
    tracker.toolReturned('first', 'order 4711')
    tracker.toolReturned('second', 'order 4711')
    expect(tracker.provenanceOf({ id: '4711' })).toEqual({ id: 'tool:second' })
    tracker.toolReturned('first', 'nothing new')
    expect(tracker.provenanceOf({ id: '4711' })).toEqual({ id: 'tool:first' })
    tracker.userSaid('my order is 4711')
    expect(tracker.provenanceOf({ id: '4711' })).toEqual({ id: 'user' })
  })

  it('keeps a bounded number of tools', () => {
    const tracker = new ProvenanceTracker()
    for (let tool = 0; tool < 100; tool++) tracker.toolReturned(`tool_${tool}`, `value${tool}`)
    expect(tracker.provenanceOf({ early: 'value3', late: 'value99' })).toEqual({ early: 'tool:tool_3', late: 'model' })
  })
})
