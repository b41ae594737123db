import { type Command, Option } from 'commander'
import type { CompletionOptions } from '../commands/completions.js'
import type { DemoOptions } from '../commands/demo.js'
import type { InitOptions } from '../commands/init.js'
import type { ServeOptions } from '../commands/serve.js'
import { does } from './invocation.js'
import { examples, fromEnvironment, wholeNumber, withAuditKey, withDatabase } from './options.js'

/** `init` */
export function addInit(root: Command): void {
  const command = root
    .command('init')
    .description('write a policy to begin with')
    .argument('[file]', 'where to', 'countersign.yaml')
    .option('--force', 'overwrite a file that is there')
  does<InitOptions>(command, () => import('../commands/init.js'))
  examples(command, 'countersign init', 'countersign init policies/support.yaml')
}

/** `serve` */
export function addServe(root: Command): void {
  const command = root
    .command('serve')
    .description('run a decision service')
    .option('--port <number>', 'port; 0 for any that is free', wholeNumber(0, 65_535), 4780)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--policy <file>', 'the policy (default: countersign.yaml, where there is one)')
    .addOption(
      new Option('--mode <mode>', 'what verdicts do').choices(['enforced', 'review', 'advisory']).default('enforced'),
    )
    .option('--learning', 'learn from answers and outcomes')
    .addOption(fromEnvironment('--api-key <key>', 'a key for agents: they ask and report', 'COUNTERSIGN_API_KEY'))
    .addOption(
      fromEnvironment('--approver-key <key>', 'a key for people: they answer requests too', 'COUNTERSIGN_APPROVER_KEY'),
    )
  withAuditKey(withDatabase(command))
  does<ServeOptions>(command, () => import('../commands/serve.js'))
  examples(
    command,
    'countersign serve',
    'countersign serve --port 8080 --policy support.yaml --learning',
    'COUNTERSIGN_DATABASE=postgres://user:secret@db/agents countersign serve --host 0.0.0.0',
  )
}

/** `demo` */
export function addDemo(root: Command): void {
  const command = root
    .command('demo')
    .description('see a scripted refund agent being allowed, denied and held')
    .option('--remote <url>', 'let a decision service decide as well')
    .addOption(fromEnvironment('--api-key <key>', 'key for that service', 'COUNTERSIGN_API_KEY'))
    .option('--wait', 'wait for somebody to answer what is held (default: on a terminal)')
    .option('--no-wait', 'do not wait')
  withAuditKey(withDatabase(command))
  does<DemoOptions>(command, () => import('../commands/demo.js'))
  examples(command, 'countersign demo', 'countersign demo --remote http://127.0.0.1:4780')
}

/** `completions` */
export function addCompletions(root: Command): void {
  const command = root
    .command('completions')
    .description('write completions for a shell')
    .argument('<shell>', 'bash, zsh or fish')
  does<CompletionOptions>(command, async () => {
    const { completionsOf } = await import('../commands/completions.js')
    return { handler: completionsOf(root) }
  })
  examples(
    command,
    'countersign completions bash > ~/.local/share/bash-completion/completions/countersign',
    'countersign completions zsh > "${fpath[1]}/_countersign"',
    'countersign completions fish > ~/.config/fish/completions/countersign.fish',
  )
}
