import type { ResponseInputItem, ResponseOutputItem } from 'openai/resources/responses/responses'

/**
 * An answer's items as they are sent back where the provider keeps nothing: as they came, reasoning included. Reasoning that
 * is neither encrypted nor spelt out is only an id there, which an unstored conversation cannot refer to.
 */
export function replayable(output: readonly ResponseOutputItem[]): readonly ResponseInputItem[] {
  return output.filter(item => item.type !== 'reasoning' || isReadable(item)) as ResponseInputItem[]
}

function isReadable(item: ResponseOutputItem & { readonly type: 'reasoning' }): boolean {
  return (
    (typeof item.encrypted_content === 'string' && item.encrypted_content !== '') || (item.content?.length ?? 0) > 0
  )
}
