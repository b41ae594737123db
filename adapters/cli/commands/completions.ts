import type { Command } from 'commander'
import { misused } from '../failure.js'
import { bash, fish, zsh } from './completion-scripts.js'
import type { Handler } from '../tree/invocation.js'

/** Options of `completions`. */
export interface CompletionOptions {
  readonly json?: boolean
}

/** One command, as a shell completes it. */
export interface Place {
  /** `/approvals/list`; the program itself is ''. */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly OptionWord[]
  /** Whether an argument is a file. */
  readonly takesFile: boolean
  /** What an argument can be, where that is known. */
  readonly values: readonly string[]
}

/** A word, and what it does. */
export interface Word {
  readonly word: string
  readonly description: string
}

/** An option. */
export interface OptionWord extends Word {
  readonly takesValue: boolean
  readonly takesFile: boolean
  readonly choices: readonly string[]
}

const SCRIPTS: Readonly<Record<string, (places: readonly Place[]) => string>> = { bash, zsh, fish }

/** `completions`, of this tree. */
export function completionsOf(root: Command): Handler<CompletionOptions> {
  return async ({ args, screen }) => {
    const [shell = ''] = args
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
    if (script === undefined)
      throw misused(`there are no completions for "${shell}".`, 'There are for bash, zsh and fish.')
    const written = script(placesOf(root))
    screen.result({ shell, script: written }, () => written.trimEnd())
    return undefined
  }
}

function placesOf(command: Command, path = ''): readonly Place[] {
  const { commands, options, registeredArguments } = command
  const argument = registeredArguments[0]
  const place: Place = {
    path,
    commands: commands.map(sub => ({ word: sub.name(), description: sub.description() })),
    options: [
      ...options.map(option => ({
        word: option.long ?? option.flags,
        description: option.description,
        takesValue: option.required || option.optional,
        takesFile: option.flags.includes('<file'),
        choices: option.argChoices ?? [],
      })),
      { word: '--help', description: 'show the help', takesValue: false, takesFile: false, choices: [] },
    ],
    takesFile: argument?.name() === 'file',
    values: argument?.name() === 'shell' ? Object.keys(SCRIPTS) : [],
  }
  return [place, ...commands.flatMap(sub => placesOf(sub, `${path}/${sub.name()}`))]
}
