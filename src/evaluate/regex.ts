import type { RE2JS } from 're2js'
import { requirePackage } from '../node.js'

/** `matches` in a policy: hostile input cannot make it slow, because RE2 automata run in time linear in the text. */
export interface LinearPattern {
  readonly test: (text: string) => boolean
}

type Engine = typeof RE2JS

let engine: Engine | undefined

/**
 * Loads the RE2 engine where it could not be loaded at once (runtimes without `require`). A governor awaits this before
 * its first evaluation, so that matching itself is synchronous. A policy without `matches` never pays for the engine.
 */
export async function loadPatternEngine(): Promise<void> {
  engine ??= (await import('re2js')).RE2JS
}

/** Whether patterns must wait for {@link loadPatternEngine}: compiling one has loaded the engine where that can be done at once. */
export function isPatternEngineMissing(): boolean {
  return engine === undefined
}

function engineAtOnce(): Engine | undefined {
  engine ??= (requirePackage('re2js') as { readonly RE2JS: Engine } | undefined)?.RE2JS
  return engine
}

/** Splits `/pattern/flags`. */
function parsePattern(text: string): { readonly source: string; readonly flags: string } | undefined {
  const end = text.lastIndexOf('/')
  if (!text.startsWith('/') || end === 0) return undefined
  return { source: text.slice(1, end), flags: text.slice(end + 1) }
}

/** What is wrong with a pattern, so that a document is refused when it is loaded. */
export function patternProblem(text: string): string | undefined {
  const parsed = parsePattern(text)
  if (parsed === undefined) return 'expected /pattern/flags'
  if (!/^[ims]*$/.test(parsed.flags)) return `flags "${parsed.flags}": only i, m and s are known`
  if (/\(\?<?[=!]/.test(parsed.source)) return 'look-around is not part of RE2 syntax'
  if (/\\[1-9]|\\k</.test(parsed.source)) return 'back-references are not part of RE2 syntax'
  try {
    if (engineAtOnce() === undefined) RegExp(parsed.source, parsed.flags)
    else compile(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Compiles on first use, by when the engine has been loaded. */
export function linearPattern(text: string): LinearPattern {
  let compiled: RE2JS | undefined
  return {
    test: input => {
      compiled ??= compile(text)
      return compiled.matcher(input).find()
    },
  }
}

function compile(text: string): RE2JS {
  if (engine === undefined) throw new Error('the pattern engine is not loaded')
  const { source, flags } = parsePattern(text) ?? { source: text, flags: '' }
  const bits =
    (flags.includes('i') ? engine.CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? engine.MULTILINE : 0) |
    (flags.includes('s') ? engine.DOTALL : 0)
  return engine.compile(source, bits)
}
