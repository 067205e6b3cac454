import type { Document, YAMLParseError } from 'yaml'
import { MAX_DEPTH, nodeFaults } from './yaml-nodes.ts'

export interface ParsedYaml {
  /** Undefined if the faults leave no value to go on with. */
  readonly document: unknown
  /** Each a line that names the place, what is wrong and the fix. */
  readonly faults: readonly string[]
}

/** Syntax errors shown; those after the first few are mostly consequences. */
const MAX_SYNTAX_FAULTS = 5

/** The value of a YAML text. Never throws for a text, whatever it holds. */
export async function parseYaml(text: string): Promise<ParsedYaml> {
  // Loaded here: a service without a configuration file does not pay for the parser.
  const yaml = await import('yaml')
  const none = (...faults: string[]) => ({ document: undefined, faults })
  const binary = /[^\t\n\r\x20-\uffff]/.exec(text)
  if (binary) return none(`line ${lineAt(text, binary.index)} has a control character; write the file as plain text`)
  if (isTooDeep(text, yaml)) {
    return none(
      `it is nested more than ${MAX_DEPTH} levels deep; sections have a few, for example ingest: {port: 8080}`,
    )
  }
  const lines = new yaml.LineCounter()
  // Duplicate keys are named below, together with all other faults. `silent` would hide a second document.
  const parsed = yaml.parseDocument(text, {
    uniqueKeys: false,
    merge: true,
    logLevel: 'error',
    lineCounter: lines,
  })
  if (parsed.errors.length > 0) return none(...syntaxFaults(parsed.errors))
  const { faults, isUsable } = nodeFaults(parsed, yaml, (offset) => lines.linePos(offset).line)
  for (const { code, message, linePos } of parsed.warnings) {
    // Its text would be taken for the value that some other program makes of it, such as !include or !vault.
    const tag = /^Unresolved tag: (\S{1,100})/.exec(message)?.[1]
    if (code === 'TAG_RESOLVE_FAILED' && tag)
      faults.push(`line ${linePos?.[0].line ?? 1} has the tag ${tag}, which has no meaning here; write the value`)
  }
  if (!isUsable) return none(...faults)
  return value(parsed, faults)
}

function value(parsed: Document, faults: string[]): ParsedYaml {
  try {
    return { document: parsed.toJS({ maxAliasCount: -1 }), faults }
  } catch (error) {
    // What is left is a merge key (<<) whose value is not a mapping.
    return { document: undefined, faults: [...faults, (error as Error).message.split('\n')[0]!] }
  }
}

function syntaxFaults(errors: readonly YAMLParseError[]): string[] {
  const faults = errors.map(({ code, message, linePos }) => {
    const line = linePos?.[0].line ?? 1
    if (code === 'TAB_AS_INDENT') return `line ${line} is indented with a tab; use spaces`
    if (code === 'MULTIPLE_DOCS') return `line ${line} begins a second document (---); write one document only`
    return message.split('\n')[0]!.replace(/:$/, '')
  })
  return [...new Set(faults)].slice(0, MAX_SYNTAX_FAULTS)
}

/** Looks before the parser does, which recurses and could end the process. */
function isTooDeep(text: string, { Lexer, Parser }: typeof import('yaml')): boolean {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return true
  }
  return false
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
