import { memoryStore, type Store } from 'countersign'
export const sqliteStore = (_path: string): Store => memoryStore()
