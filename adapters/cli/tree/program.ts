import { Command } from 'commander'
import { styleText } from 'node:util'
import { VERSION } from '../../../src/version.js'
import { addApprovals, addDecisions, addOutcomes } from './records.js'
import { addCompletions, addDemo, addInit, addServe } from './start.js'
import { addAudit, addDoctor, addKeys } from './upkeep.js'

/** The tree of commands. Nothing but the tree is loaded with it. */
export function program(): Command {
  const root = new Command('countersign')
    .description('A decision in front of every tool call an AI agent makes.')
    .version(VERSION, '--version', 'show the version')
    .helpOption('--help', 'show this help')
    .configureHelp({ styleTitle: title => styleText('bold', title, { validateStream: false }) })
    .addHelpText('after', AFTER)
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'countersign: '))
      },
    })
    .exitOverride()
  for (const add of [addInit, addServe, addDemo]) add(root.commandsGroup('Start:'))
  for (const add of [addDecisions, addApprovals, addOutcomes]) add(root.commandsGroup('Decisions and people:'))
  for (const add of [addKeys, addAudit, addDoctor, addCompletions]) add(root.commandsGroup('Upkeep:'))
  return root.helpCommand('help [command]', 'show the help of a command')
}

const AFTER = `
Every command takes --json. Exit codes: 0 done, 1 failed, 2 not a command line, 3 found something wrong.
Begin with:
  $ countersign init
  $ countersign serve
  $ countersign demo`
