import type { Answers, Details } from './answers/answers.js'
import { type Area, type Endpoint, isEndpoint } from './endpoint.js'
import type { PathArguments, RequestArguments } from './inputs.js'
import type { CallOptions } from './options.js'

/** Sends what a call of an endpoint says. `place` is the method's name: `rules.applyPatch`. */
export type Send = (endpoint: Endpoint, place: string, args: readonly unknown[]) => Promise<unknown>

type AnswerOf<PLACE extends string> = PLACE extends keyof Answers ? Answers[PLACE] : Details

type Method<ENDPOINT extends Endpoint, ANSWER> = (
  ...args: [...PathArguments<ENDPOINT['path']>, ...RequestArguments<ENDPOINT>, options?: CallOptions]
) => Promise<ANSWER>

/** The methods of an area: for each endpoint one, that takes its parameters, its request, and options. */
export type Methods<AREA, PREFIX extends string = ''> = {
  readonly [NAME in keyof AREA & string]: AREA[NAME] extends Endpoint
    ? Method<AREA[NAME], AnswerOf<`${PREFIX}${NAME}`>>
    : Methods<AREA[NAME], `${PREFIX}${NAME}.`>
}

/** Makes the methods of an area from the table. */
export function methodsOf<AREA extends Area>(area: AREA, send: Send): Methods<AREA> {
  return build(area, '', send) as Methods<AREA>
}

function build(area: Area, prefix: string, send: Send): object {
  const methods = Object.entries(area).map(([name, entry]) => {
    const place = `${prefix}${name}`
    const method = isEndpoint(entry)
      ? async (...args: readonly unknown[]) => send(entry, place, args)
      : build(entry, `${place}.`, send)
    return [name, method] as const
  })
  return Object.fromEntries(methods)
}
