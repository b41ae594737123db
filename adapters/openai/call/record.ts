/** An object that is not a list. */
export type UnknownRecord = Readonly<Record<string, unknown>>

/** Whether a value from outside is one. */
export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of it, if it is a text that is not empty. */
export function textIn(record: unknown, field: string): string | undefined {
  const value = isRecord(record) && Object.hasOwn(record, field) ? record[field] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A field of it, if it is a number. */
export function numberIn(record: unknown, field: string): number | undefined {
  const value = isRecord(record) && Object.hasOwn(record, field) ? record[field] : undefined
  return typeof value === 'number' ? value : undefined
}

/** A call's arguments as text: some servers send them as they are. Nothing else is taken for arguments. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
