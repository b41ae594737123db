const MIN_LENGTH = 16
const MIN_DIFFERENT = 8

/** What is wrong with a secret that somebody chose: one that can be guessed; nothing where it is long and mixed enough. */
export function keyWeakness(secret: unknown): string | undefined {
  const isStrong =
    typeof secret === 'string' && secret.length >= MIN_LENGTH && new Set(secret.toLowerCase()).size >= MIN_DIFFERENT
  return isStrong
    ? undefined
    : `expected ${MIN_LENGTH} characters or more, ${MIN_DIFFERENT} of them different: a key that can be guessed is none`
}
