import type { Command, OptionValues } from 'commander'
import { type Screen, screenOf } from '../output/screen.js'

/** What somebody typed. */
export interface Invocation<OPTIONS> {
  readonly args: readonly string[]
  readonly options: OPTIONS
  /** Whether an option was typed, and does not come from the environment. */
  readonly isTyped: (option: keyof OPTIONS & string) => boolean
  readonly screen: Screen
}

/** Does it; with an exit code where it is not 0. */
export type Handler<OPTIONS> = (invocation: Invocation<OPTIONS>) => Promise<number | undefined>

/** Gives a command what it does, loaded when it is typed: help, and other commands, need none of it. */
export function does<OPTIONS extends OptionValues>(
  command: Command,
  load: () => Promise<{ readonly handler: Handler<OPTIONS> }>,
): Command {
  return command.option('--json', 'write the result as JSON').action(async () => {
    const options = command.opts<OPTIONS>()
    const { handler } = await load()
    const code = await handler({
      args: command.args,
      options,
      isTyped: option => command.getOptionValueSource(option) === 'cli',
      screen: screenOf(options),
    })
    if (code !== undefined) process.exitCode = code
  })
}
