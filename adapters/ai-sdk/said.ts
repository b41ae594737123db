import type { ModelMessage } from 'ai'

/** What the user has said in a conversation, oldest first. Of what a message holds besides texts, nothing. */
export function saidIn(messages: readonly ModelMessage[]): readonly string[] {
  if (!Array.isArray(messages)) return []
  return messages.flatMap(message => {
    if (message?.role !== 'user') return []
    const { content } = message
    return typeof content === 'string'
      ? [content]
      : [
          content
            .flatMap((part: { readonly type: string; readonly text?: string }) =>
              part.type === 'text' ? [part.text ?? ''] : [],
            )
            .join('\n'),
        ]
  })
}
