import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch, isSame, type PatchOperation } from '../../src/service/protocol/json-patch.ts'

const patched = (value: unknown, ...operations: PatchOperation[]) => applyPatch(value, operations)

/** Examples of RFC 6902, appendix A, and of RFC 6901. */
const EXAMPLES: readonly (readonly [string, unknown, readonly PatchOperation[], unknown])[] = [
  ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
  ['A.2', { foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
  ['A.3', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  ['A.4', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
  ['A.5', { baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
  [
    'A.6',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.10',
    { foo: 'bar' },
    [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    { foo: 'bar', child: { grandchild: {} } },
  ],
  ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  ['A.16', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc'] }], { foo: ['bar', ['abc']] }],
  ['copy', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
  ['whole', { a: 1 }, [{ op: 'replace', path: '', value: [2] }], [2]],
]

const REFUSED: readonly (readonly [string, unknown, PatchOperation])[] = [
  ['A.9', { baz: 'qux' }, { op: 'test', path: '/baz', value: 'bar' }],
  ['A.12', { foo: 'bar' }, { op: 'add', path: '/baz/bat', value: 'qux' }],
  ['A.15', { '/': 9, '~1': 10 }, { op: 'test', path: '/~01', value: '10' }],
  ['no slash', { a: 1 }, { op: 'add', path: 'a', value: 1 }],
  ['nothing there', { a: 1 }, { op: 'remove', path: '/b' }],
  ['nothing to replace', { a: 1 }, { op: 'replace', path: '/b', value: 1 }],
  ['beyond the end', { a: [1] }, { op: 'add', path: '/a/2', value: 1 }],
  ['a leading zero', { a: [1, 2] }, { op: 'remove', path: '/a/01' }],
  ['no index', { a: [1] }, { op: 'remove', path: '/a/-' }],
  ['into itself', { a: { b: 1 } }, { op: 'move', from: '/a', path: '/a/c' }],
  ['an inherited name', {}, { op: 'test', path: '/toString', value: 1 }],
  ['the prototype', {}, { op: 'add', path: '/__proto__/x', value: 1 }],
]

describe('a JSON Patch', () => {
  it.each(EXAMPLES)('does what RFC 6902 says: %s', (_name, before, operations, after) => {
    const frozen = JSON.stringify(before)
    expect(patched(before, ...operations)).toEqual({ value: after })
    expect(JSON.stringify(before)).toBe(frozen)
  })

  it.each(REFUSED)('says why it cannot be done: %s', (_name, before, operation) => {
    expect(patched(before, operation)).toEqual({ problem: expect.any(String) as string })
  })

  it('does all or nothing', () => {
    const operations: PatchOperation[] = [
      { op: 'add', path: '/b', value: 2 },
      { op: 'test', path: '/b', value: 3 },
    ]
    expect(patched({ a: 1 }, ...operations)).toEqual({ problem: '/b differs' })
  })

  it('is undone by its opposite, for any names and values', () => {
    const record = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
    fc.assert(
      fc.property(record, fc.string(), fc.jsonValue(), (before, name, value) => {
        fc.pre(!Object.hasOwn(before, name))
        const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
        const added = patched(before, { op: 'add', path, value }, { op: 'test', path, value })
        expect('value' in added && isSame((added.value as Record<string, unknown>)[name], value)).toBe(true)
        const undone = 'value' in added ? patched(added.value, { op: 'remove', path }) : added
        expect('value' in undone && isSame(undone.value, before)).toBe(true)
      }),
    )
  })
})
