import type { Labels } from './metric.js'
import type { Metric } from './metrics.js'

/** Metrics in Prometheus's text format, version 0.0.4. */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics.map(written).join('')
}

/** The text as an answer over HTTP. It is always of now: nothing on the way may keep it. */
export function metricsResponse(metrics: readonly Metric[]): Response {
  const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(prometheusText(metrics), { headers })
}

function written(metric: Metric): string {
  const { name, help, type } = metric
  const head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
  return head + (metric.type === 'histogram' ? histogram(metric) : counter(metric))
}

function counter({ name, samples }: Extract<Metric, { readonly type: 'counter' | 'gauge' }>): string {
  return samples.map(({ labels, value }) => line(name, labels, value)).join('')
}

function histogram({ name, samples }: Extract<Metric, { readonly type: 'histogram' }>): string {
  return samples
    .map(({ labels, buckets, sum, count }) => {
      const lines = buckets.map(([le, within]) => line(`${name}_bucket`, { ...labels, le: String(le) }, within))
      const all = line(`${name}_bucket`, { ...labels, le: '+Inf' }, count)
      return lines.join('') + all + line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, count)
    })
    .join('')
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
