import { mix } from './hash.js'
import { probability } from './logistic.js'
import { BINS, DEPTH, LEAVES, NODES, type Trees } from './trees.js'

/** Cases that a tree is fitted to, one after another. */
export interface Sample {
  readonly count: number
  /** Signals of a case. */
  readonly width: number
  /** Signal by signal, each of all cases: a tree looks at one signal at a time. */
  readonly signals: Uint8Array
  /** From the values of one signal to those of the next. */
  readonly stride: number
  readonly isBad: Uint8Array
  readonly weights: Float32Array
  /** What the other trees say, as log odds. */
  readonly scores: Float32Array
}

/** Share of a correction that is taken. */
const RATE = 0.2
/** Added to the sum of second derivatives of a leaf: draws small leaves to nothing. */
const SHRINKAGE = 4
/** Least sum of second derivatives on each side of a split. */
const LEAST = 0.5
const LEAST_CURVATURE = 1e-4
/** Two of five signals take part in a tree, others in the next. */
const [PART, OF] = [2, 5]

interface Work {
  readonly gradient: Float32Array
  readonly curvature: Float32Array
  readonly nodeOf: Uint8Array
  /** Sums per node and bin. */
  readonly gradients: Float64Array
  readonly curvatures: Float64Array
  readonly best: Float64Array
}

/** Fits one tree to what is still wrong, level by level, over histograms. Which signals take part follows from `seed`. */
export function growTree(trees: Trees, tree: number, sample: Sample, seed: number): void {
  const work = begin(sample)
  for (let depth = 0; depth < DEPTH; depth++) {
    const first = tree * NODES + 2 ** depth - 1
    const nodes = 2 ** depth
    work.best.fill(0)
    trees.splitSignal.fill(0, first, first + nodes)
    trees.splitBin.fill(255, first, first + nodes)
    for (let signal = 0; signal < sample.width; signal++) {
      if ((mix(seed, signal) >>> 0) % OF >= PART) continue
      addUp(work, sample, signal, nodes)
      for (let node = 0; node < nodes; node++) split(trees, work, { at: first + node, node, signal })
    }
    descend(trees, work, sample, first)
  }
  settle(trees, tree, work, sample)
}

function begin({ count, isBad, scores, weights }: Sample): Work {
  const gradient = new Float32Array(count)
  const curvature = new Float32Array(count)
  for (let row = 0; row < count; row++) {
    const p = probability(scores[row] ?? 0)
    const weight = weights[row] ?? 1
    gradient[row] = weight * ((isBad[row] ?? 0) - p)
    curvature[row] = weight * Math.max(p * (1 - p), LEAST_CURVATURE)
  }
  return {
    gradient,
    curvature,
    nodeOf: new Uint8Array(count),
    gradients: new Float64Array(BINS * LEAVES),
    curvatures: new Float64Array(BINS * LEAVES),
    best: new Float64Array(LEAVES),
  }
}

function addUp(
  { gradient, curvature, nodeOf, gradients, curvatures }: Work,
  sample: Sample,
  signal: number,
  nodes: number,
): void {
  gradients.fill(0, 0, nodes * BINS)
  curvatures.fill(0, 0, nodes * BINS)
  const { count, signals, stride } = sample
  const first = signal * stride
  for (let row = 0; row < count; row++) {
    const cell = (nodeOf[row] ?? 0) * BINS + (signals[first + row] ?? 0)
    gradients[cell] = (gradients[cell] ?? 0) + (gradient[row] ?? 0)
    curvatures[cell] = (curvatures[cell] ?? 0) + (curvature[row] ?? 0)
  }
}

interface Place {
  readonly at: number
  readonly node: number
  readonly signal: number
}

/** Takes the best cut of one signal at one node, if it beats what was found before. */
function split(trees: Trees, { gradients, curvatures, best }: Work, { at, node, signal }: Place): void {
  const start = node * BINS
  let all = 0
  let allCurved = 0
  for (let bin = 0; bin < BINS; bin++) {
    all += gradients[start + bin] ?? 0
    allCurved += curvatures[start + bin] ?? 0
  }
  const whole = gain(all, allCurved)
  let left = 0
  let leftCurved = 0
  for (let bin = 0; bin < BINS - 1; bin++) {
    left += gradients[start + bin] ?? 0
    leftCurved += curvatures[start + bin] ?? 0
    if (leftCurved < LEAST || allCurved - leftCurved < LEAST) continue
    const better = gain(left, leftCurved) + gain(all - left, allCurved - leftCurved) - whole
    if (better <= (best[node] ?? 0)) continue
    best[node] = better
    trees.splitSignal[at] = signal
    trees.splitBin[at] = bin
  }
}

function gain(gradient: number, curvature: number): number {
  return (gradient * gradient) / (curvature + SHRINKAGE)
}

function descend({ splitSignal, splitBin }: Trees, { nodeOf }: Work, sample: Sample, first: number): void {
  const { count, signals, stride } = sample
  for (let row = 0; row < count; row++) {
    const node = nodeOf[row] ?? 0
    const value = signals[(splitSignal[first + node] ?? 0) * stride + row] ?? 0
    nodeOf[row] = 2 * node + (value > (splitBin[first + node] ?? 0) ? 1 : 0)
  }
}

function settle(trees: Trees, tree: number, { gradient, curvature, nodeOf }: Work, { count }: Sample): void {
  const sums = new Float64Array(LEAVES)
  const curved = new Float64Array(LEAVES)
  for (let row = 0; row < count; row++) {
    const leaf = nodeOf[row] ?? 0
    sums[leaf] = (sums[leaf] ?? 0) + (gradient[row] ?? 0)
    curved[leaf] = (curved[leaf] ?? 0) + (curvature[row] ?? 0)
  }
  for (let leaf = 0; leaf < LEAVES; leaf++)
    trees.values[tree * LEAVES + leaf] = (RATE * (sums[leaf] ?? 0)) / ((curved[leaf] ?? 0) + SHRINKAGE)
}
