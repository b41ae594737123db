import type { OptionWord, Place, Word } from './completions.js'

/** For bash 4 and later. */
export function bash(places: readonly Place[]): string {
  return `# bash completion for countersign
_countersign() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
      ${pathsOf(places)}) at="$at/$word" ;;
    esac
  done
  case "$at:$prev" in
${lines(valued(places, option => `COMPREPLY=($(compgen ${option.takesFile ? '-f' : `-W ${quoted(option.choices.join(' '))}`} -- "$cur")); return`))}
  esac
  case "$at" in
${lines(places.map(place => `    ${quoted(place.path)}) COMPREPLY=($(compgen -W ${quoted(wordsOf(place).join(' '))}${place.takesFile ? ' -f' : ''} -- "$cur")) ;;`))}
  esac
}
complete -F _countersign countersign
`
}

/** For zsh, as a file in \`fpath\` or to be sourced. */
export function zsh(places: readonly Place[]): string {
  return `#compdef countersign
_countersign() {
  local at='' word
  local -a known
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      ${pathsOf(places)}) at="$at/$word" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
${lines(valued(places, option => (option.takesFile ? '_files; return' : option.choices.length === 0 ? 'return' : `compadd -- ${option.choices.map(quoted).join(' ')}; return`)))}
  esac
  case "$at" in
${lines(places.map(place => `    ${quoted(place.path)}) known=(${described(place).map(zshWord).join(' ')})${place.takesFile ? '; _files' : ''} ;;`))}
  esac
  _describe 'countersign' known
}
if [ "$funcstack[1]" = '_countersign' ]; then _countersign "$@"; else compdef _countersign countersign; fi
`
}

/** For fish. */
export function fish(places: readonly Place[]): string {
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path))
  const rows = places.flatMap(place => {
    const here = `complete -c countersign -n '__countersign_at "${place.path}"'`
    return [
      ...place.commands.map(({ word, description }) => `${here} -a ${quoted(word)} -d ${quoted(description)}`),
      ...place.values.map(value => `${here} -a ${quoted(value)}`),
      ...(place.takesFile ? [`${here} -F`] : []),
      ...place.options.map(
        option => `${here} -l ${option.word.slice(2)}${fishValue(option)} -d ${quoted(option.description)}`,
      ),
    ]
  })
  return `# fish completion for countersign
function __countersign_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    contains -- "$at/$word" ${paths.join(' ')}; and set at "$at/$word"
  end
  test "$at" = "$argv[1]"
end
complete -c countersign -f
${lines(rows)}
`
}

function pathsOf(places: readonly Place[]): string {
  return places
    .map(({ path }) => path)
    .filter(path => path !== '')
    .join('|')
}

/** One arm for each option that takes a value. */
function valued(places: readonly Place[], arm: (option: OptionWord) => string): readonly string[] {
  return places.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(option => `    ${quoted(`${path}:${option.word}`)}) ${arm(option)} ;;`),
  )
}

function described({ commands, values, options }: Place): readonly Word[] {
  return [...commands, ...values.map(word => ({ word, description: '' })), ...options]
}

function wordsOf(place: Place): readonly string[] {
  return described(place).map(({ word }) => word)
}

function zshWord({ word, description }: Word): string {
  return quoted(description === '' ? word : `${word}:${description.replaceAll(':', '\\:')}`)
}

function fishValue({ takesValue, takesFile, choices }: OptionWord): string {
  if (!takesValue) return ''
  if (takesFile) return ' -r -F'
  return choices.length === 0 ? ' -x' : ` -x -a ${quoted(choices.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function lines(rows: readonly string[]): string {
  return rows.join('\n')
}
