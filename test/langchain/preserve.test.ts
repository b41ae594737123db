import { isLangChainTool, isRunnableToolLike, isStructuredTool } from '@langchain/core/tools'
import {
  DynamicStructuredTool,
  DynamicTool,
  StructuredTool,
  tool,
  type ToolRunnableConfig,
} from '@langchain/core/tools'
import { convertToOpenAITool } from '@langchain/core/utils/function_calling'
import { RunnableLambda } from '@langchain/core/runnables'
import { GovernanceError } from 'countersign'
import { governedTool, governedTools } from 'countersign/langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { governorWith, makeTools } from './support.js'

const schema = z.object({ path: z.string() })

describe('a governed tool is the same tool', () => {
  const original = tool(async () => ['text', { bytes: 3 }], {
    name: 'read',
    description: 'Reads a file',
    schema,
    responseFormat: 'content_and_artifact',
    returnDirect: true,
    metadata: { owner: 'files', annotations: { readOnlyHint: true } },
    tags: ['io'],
    extras: { providerToolDefinition: { type: 'shell' } },
    verboseParsingErrors: true,
    defaultConfig: { tags: ['default'] },
  })
  const governed = governedTool(original, { governor: governorWith() })

  it('keeps name, description, schema, metadata, formats, extras, tags and defaults', () => {
    const fields = [
      'name',
      'description',
      'schema',
      'metadata',
      'returnDirect',
      'responseFormat',
      'extras',
      'tags',
      'verboseParsingErrors',
      'defaultConfig',
      'callbacks',
    ] as const
    for (const field of fields) expect(governed[field], field).toBe(original[field])
    expect(governed.schema).toBe(schema)
  })

  it('keeps what it is an instance of, and what LangChain takes it for', () => {
    expect(governed).toBeInstanceOf(DynamicStructuredTool)
    expect(governed).toBeInstanceOf(StructuredTool)
    expect(isStructuredTool(governed)).toBe(true)
    expect(isLangChainTool(governed)).toBe(true)
    expect(isRunnableToolLike(governed)).toBe(false)
  })

  it('keeps its keys, its serialised form and its definition for a provider', () => {
    expect(Object.keys(governed)).toEqual(Object.keys(original))
    expect(governed.toJSON()).toEqual(original.toJSON())
    expect(convertToOpenAITool(governed)).toEqual(convertToOpenAITool(original))
  })

  it('writes through to the tool', () => {
    const { pay } = makeTools()
    const same = governedTool(pay, { governor: governorWith() })
    same.description = 'changed'
    expect(pay.description).toBe('changed')
  })

  it('is not wrapped twice', () => {
    const governor = governorWith()
    expect(governedTool(governed, { governor })).toBe(governed)
    expect(governedTools([governed], { governor })[0]).toBe(governed)
  })

  it('keeps the kinds of string tools and of runnables as tools', () => {
    const governor = governorWith()
    const text = governedTool(new DynamicTool({ name: 'read', description: 'x', func: async () => 'x' }), { governor })
    const runnable = governedTool(RunnableLambda.from(async () => 'x').asTool({ name: 'read', schema }), { governor })
    expect(text).toBeInstanceOf(DynamicTool)
    expect(isRunnableToolLike(runnable)).toBe(true)
    expect(isLangChainTool(runnable)).toBe(true)
    expect(runnable.schema).toBe(schema)
  })

  it('lets accessors and code that use private fields reach them', async () => {
    class Counter extends StructuredTool {
      name = 'read'
      description = 'counts'
      schema = schema
      #count = 0
      get count(): number {
        return this.#count
      }
      async _call(): Promise<string> {
        this.#count += 1
        return String(this.#count)
      }
    }
    const counter = governedTool(new Counter(), { governor: governorWith() })
    expect(await counter.invoke({ path: 'a' })).toBe('1')
    expect(counter.count).toBe(1)
  })
})

describe('options', () => {
  const governor = governorWith()
  const { pay, read } = makeTools()
  const code = 'invalid-option'

  it('refuse an unknown key with what was meant', () => {
    // @ts-expect-error a slip
    expect(() => governedTool(pay, { governor, valu: 3 })).toThrow(/governedTool\(pay\)\.valu.*Did you mean "value"/)
    // @ts-expect-error a slip
    expect(() => governedTools([pay], { governor, profile: {} })).toThrow(/Did you mean "profiles"/)
  })

  it('refuse a profile of a tool that is not in the list', () => {
    // @ts-expect-error a slip
    expect(() => governedTools([pay, read], { governor, profiles: { reed: {} } })).toThrow(/Did you mean "read"/)
  })

  it('refuse values of the wrong kind', () => {
    // @ts-expect-error not a choice
    expect(() => governedTool(pay, { governor, approvals: 'never' })).toThrow(expect.objectContaining({ code }))
    // @ts-expect-error not a governor
    expect(() => governedTool(pay, { governor: {} })).toThrow(expect.objectContaining({ code }))
    // @ts-expect-error not a choice
    expect(() => governedTool(pay, { governor, trustAnnotations: 'yes' })).toThrow(expect.objectContaining({ code }))
    // @ts-expect-error a slip
    expect(() => governedTool(pay, { governor, scope: { tenat: 'a' } })).toThrow(/Did you mean "tenant"/)
    // @ts-expect-error not a scope
    expect(() => governedTool(pay, { governor, scope: 'a' })).toThrow(expect.objectContaining({ code }))
  })

  it('refuse what does not run in this process', () => {
    const search = { type: 'web_search', name: 'web_search' }
    expect(() => governedTools([search as never], { governor })).toThrow(/provider's own tool "web_search"/)
    expect(() => governedTool(null as never, { governor })).toThrow(GovernanceError)
  })

  it('let a scope function that answers with a slip run nothing', async () => {
    const { pay: own, ran } = makeTools()
    const governed = governedTool(own, { governor, scope: () => ({ tenat: 'a' }) as never })
    const config: ToolRunnableConfig = {}
    await expect(governed.invoke({ amount: 1 }, config)).rejects.toThrow(/Did you mean "tenant"/)
    expect(ran).toEqual([])
  })
})
