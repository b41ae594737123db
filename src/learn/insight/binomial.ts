/** Exact binomial probabilities, by way of the incomplete beta function. */

/** Coefficients of Lanczos' approximation of the gamma function, g = 7, n = 9 (Godfrey 2001): 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]
const EPSILON = 1e-15
const TINY = 1e-300
/** The fraction needs about the square root of the larger parameter: this is enough for billions of cases. */
const MAX_STEPS = 100_000
/** Halvings of 0..1, after which doubles do not tell the ends apart. */
const HALVINGS = 60

/** Probability of `k` successes or fewer in `n` trials of probability `p`. */
export function atMost(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  return incompleteBeta(1 - p, n - k, k + 1)
}

/**
 * Upper bound on a probability, of which `k` successes in `n` trials were seen (Clopper and Pearson 1934): with chance
 * `confidence` at least, it is not below the true one. 1 where nothing was seen.
 */
export function upperBound(k: number, n: number, confidence = 0.95): number {
  if (k >= n) return 1
  return solve(p => atMost(k, n, p) > 1 - confidence)
}

/** The lower bound that belongs to {@link upperBound}. */
export function lowerBound(k: number, n: number, confidence = 0.95): number {
  return n === 0 ? 0 : 1 - upperBound(n - k, n, confidence)
}

/** The least probability of which a falling condition does not hold any more. */
function solve(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return high
}

/** The regularised incomplete beta function, by its continued fraction (Press et al., Numerical Recipes, 6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

function fraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / apart(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / apart(1 + even * d)
    c = apart(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / apart(1 + odd * d)
    c = apart(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < EPSILON) break
  }
  return value
}

/** Keeps a divisor away from 0. */
function apart(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** Logarithm of the gamma function of 1 and more. */
function logGamma(x: number): number {
  const [first = 0, ...rest] = LANCZOS
  const shifted = x - 1
  const sum = rest.reduce((total, coefficient, index) => total + coefficient / (shifted + index + 1), first)
  const t = shifted + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum)
}
