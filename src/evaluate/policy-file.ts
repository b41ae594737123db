import type * as Yaml from 'yaml'
import { nodeBuiltin, requirePackage } from '../node.js'
import { GovernanceError } from '../errors.js'
import { definePolicy, type Policy, type PolicyDocument } from './policy.js'

const MAX_ALIASES = 100

/**
 * Reads a policy document (YAML 1.2, of which JSON is a part) and compiles it. Needs a file system.
 *
 * @throws GovernanceError `invalid-policy`: what was wrong, with file, line, path and what was expected
 */
export function loadPolicy(path: string): Policy {
  return parsePolicy(readText(path), path)
}

/** Compiles a policy document from its text; `source` names it in errors. */
export function parsePolicy(text: string, source = 'policy'): Policy {
  const yaml = requirePackage('yaml') as typeof Yaml | undefined
  if (yaml === undefined)
    throw invalid(`${source}: this runtime cannot load the YAML reader; pass the policy as an object`)
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const lineAt = (offset: number): number => lines.linePos(offset).line
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw invalid(`${source}:${lineAt(problem.pos[0])}: ${problem.message}`)
  return definePolicy(toValue(document, source), keys => {
    const offset = offsetOf(yaml, document, keys)
    return offset === undefined ? source : `${source}:${lineAt(offset)}`
  })
}

/** Aliases are followed only so often: a document of ten lines could otherwise stand for billions of rules. */
function toValue(document: Yaml.Document.Parsed, source: string): PolicyDocument {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as PolicyDocument
  } catch (cause) {
    throw new GovernanceError('invalid-policy', `${source}: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause,
    })
  }
}

/** Where a path stands: at its key if it has one, else at the nearest part that exists. */
function offsetOf(
  yaml: typeof Yaml,
  document: Yaml.Document.Parsed,
  keys: readonly (string | number)[],
): number | undefined {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0]
  for (const key of keys) {
    if (yaml.isMap(node)) {
      const pair = node.items.find(item => yaml.isScalar(item.key) && item.key.value === key)
      if (pair === undefined) return offset
      offset = (pair.key as Yaml.Scalar).range?.[0] ?? offset
      node = pair.value
    } else if (yaml.isSeq(node) && typeof key === 'number') {
      node = node.items[key]
      offset = yaml.isNode(node) ? (node.range?.[0] ?? offset) : offset
    } else {
      return offset
    }
  }
  return offset
}

function readText(path: string): string {
  const files = nodeBuiltin('node:fs')
  if (files === undefined) throw invalid(`${path}: this runtime has no file system; pass the policy as an object`)
  try {
    return files.readFileSync(path, 'utf8')
  } catch (cause) {
    throw new GovernanceError(
      'invalid-policy',
      `${path}: cannot be read (${(cause as { code?: string }).code ?? 'unknown error'})`,
      { cause },
    )
  }
}

function invalid(message: string): GovernanceError {
  return new GovernanceError('invalid-policy', message)
}
