import { eachWord } from './words.js'

/** What kind of act a tool's name speaks of; 0 where it says nothing we know. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'read', 'search', 'find', 'fetch', 'lookup', 'query', 'check', 'show', 'view', 'count', 'load'],
  create: ['create', 'add', 'insert', 'append', 'make', 'new', 'post', 'put', 'write', 'book', 'reserve', 'schedule'],
  change: ['update', 'edit', 'modify', 'set', 'change', 'reschedule', 'rename', 'move', 'exchange', 'return'],
  remove: ['delete', 'remove', 'cancel', 'drop', 'clear', 'purge', 'destroy', 'revoke', 'close'],
  give: [
    'send',
    'email',
    'mail',
    'message',
    'notify',
    'invite',
    'reply',
    'forward',
    'publish',
    'share',
    'grant',
    'upload',
    'pay',
    'transfer',
    'refund',
    'buy',
    'purchase',
    'order',
    'charge',
    'withdraw',
    'deposit',
    'wire',
    'approve',
  ],
  run: ['run', 'execute', 'exec', 'eval', 'invoke', 'call', 'deploy', 'install', 'shell', 'bash'],
}

const CLASSES: ReadonlyMap<number, number> = classes()

/** The class of the first word of a tool's name that is in the list, from 1; 0 for none. Takes the words' hashes. */
export function verbClass(words: readonly number[]): number {
  for (const word of words) {
    const found = verbOf(word)
    if (found > 0) return found
  }
  return 0
}

/** The class of a word by its hash, from 1; 0 where it is not in the list. */
export function verbOf(word: number): number {
  return CLASSES.get(word) ?? 0
}

function classes(): Map<number, number> {
  const map = new Map<number, number>()
  for (const [index, words] of Object.values(VERBS).entries())
    for (const word of words) eachWord(word, word.length, 1, hash => map.set(hash, index + 1))
  return map
}
