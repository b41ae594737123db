/** What a figure should be: at least, or at most. */
export interface Target {
  readonly least?: number
  readonly most?: number
}

/**
 * The best online baseline per public set, and half of the way from it to a reference that sees the future where that is
 * better. For judging only: nothing in the learner knows of them.
 */
const PUBLIC: Readonly<Record<string, Readonly<Record<string, Target>>>> = {
  agentdojo: {
    auroc: { least: 0.9995 },
    brier: { most: 0.0055 },
    'both unseen auroc': { least: 0.96 },
    'new wave caught': { least: 0.9 },
    'selective ece': { most: 0.02 },
  },
  tau: {
    auroc: { least: 0.915 },
    auprc: { least: 0.7545 },
    brier: { most: 0.0735 },
    'groups left out bss': { least: -0.02 },
    'exec error auprc': { least: 0.9 },
  },
  toolemu: { auroc: { least: 0.7715 }, brier: { most: 0.198 }, 'groups left out bss': { least: -0.02 } },
  german_credit: { auroc: { least: 0.754 }, brier: { most: 0.1785 } },
}

/** Scored calls above which calibration must be finer. */
const LARGE = 10_000

/** What is promised of one figure of one set; `undefined` where nothing is. */
export function targetOf(set: string, figure: string, calls: number): Target | undefined {
  if (figure === 'ece') return { most: calls > LARGE ? 0.01 : 0.05 }
  if (figure === 'predict µs' || figure === 'learn µs') return { most: 25 }
  if (figure.startsWith('precedents ms')) return { most: figure.endsWith(' 100,000') ? 1 : 5 }
  if (figure.startsWith('start ms')) return { most: 3000 }
  if (figure.startsWith('MiB at')) return { most: 64 }
  return PUBLIC[set]?.[figure]
}

/** `ok`, `OVER` where it misses, and nothing where nothing was promised. */
export function verdict(value: number, target: Target | undefined): 'ok' | 'OVER' | undefined {
  if (target === undefined) return undefined
  return value >= (target.least ?? -Infinity) && value <= (target.most ?? Infinity) ? 'ok' : 'OVER'
}
