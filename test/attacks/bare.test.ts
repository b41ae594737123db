import { stateEndings } from './sentences.js'

// When one of these fails, a framework has changed its ways: correct what the attack says of it, and the table.
stateEndings('by itself', ['bare', 'signed'])
