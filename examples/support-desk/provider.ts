import { script } from './script.ts'
import { startStandIn } from './stand-in.ts'

/** Where the model is: the real provider when there is a key, else the stand-in on loopback. */
export interface Provider {
  readonly apiKey: string
  readonly baseURL: string
  readonly model: string
  readonly isReal: boolean
  readonly close: () => Promise<void>
}

export async function connect(): Promise<Provider> {
  const apiKey = process.env['OPENAI_API_KEY']
  if (apiKey !== undefined && apiKey !== '') {
    const baseURL = process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1'
    return {
      apiKey,
      baseURL,
      model: process.env['OPENAI_MODEL'] ?? 'gpt-5.1',
      isReal: true,
      close: async () => undefined,
    }
  }
  const standIn = await startStandIn(script)
  return { apiKey: 'no-key-needed', baseURL: standIn.baseURL, model: 'stand-in', isReal: false, close: standIn.close }
}
