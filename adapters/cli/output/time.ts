const STEPS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1000 },
] as const

/** How long ago a time is, or how soon it will be: `3m ago`, `in 2h`. */
export function relative(at: string, now: number): string {
  const distance = Date.parse(at) - now
  if (Number.isNaN(distance)) return ''
  const size = Math.abs(distance)
  const step = STEPS.find(({ ms }) => size >= ms)
  if (step === undefined) return 'now'
  const text = `${Math.floor(size / step.ms)}${step.unit}`
  return distance < 0 ? `${text} ago` : `in ${text}`
}
