import { styleText } from 'node:util'
import { relative } from './time.js'

/** A colour, or a way of writing. */
export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim'

/** Where a command writes. Results go to standard output, everything else to standard error. */
export interface Screen {
  /** Whether whoever reads is a program. */
  readonly json: boolean
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** Text in a style, where standard output shows it: on a terminal, without `NO_COLOR`. */
  readonly style: (style: Style, text: string) => string
  /** An ISO time for people who read it on a terminal, and as it is for programs. */
  readonly time: (at: string) => string
  /** Writes the result: JSON for programs, and text for people. */
  readonly result: (value: unknown, text: () => string) => void
  /** Says something that is not the result. */
  readonly note: (text: string) => void
}

const DEFAULT_WIDTH = 80

/** The screen of this process. */
export function screenOf({ json = false }: { readonly json?: boolean }): Screen {
  const { stdout, stderr } = process
  const isTerminal = stdout.isTTY && !json
  return {
    json,
    isTerminal,
    width: stdout.columns ?? DEFAULT_WIDTH,
    style: (style, text) => (json ? text : styleText(style, text, { stream: stdout })),
    time: at => (isTerminal ? relative(at, Date.now()) : at),
    result: (value, text) => {
      stdout.write(`${json ? JSON.stringify(value) : text()}\n`)
    },
    note: text => {
      stderr.write(`${text}\n`)
    },
  }
}
