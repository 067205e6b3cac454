import { readBounded } from '../bounded-file.ts'
import { isRecord } from './document.ts'

/** Characters; a URL that lists many hosts has a few hundred. */
const MAX_FILE = 16 * 1_024
/** The form that the schema asks of `journal.url`. */
const FORM = /^(sqlite:.+|postgres(ql)?:\/\/.+)$/

export interface JournalUrl {
  /** From the file; undefined if no file is named, or with a fault. */
  readonly url: string | undefined
  /** Names the key or the variable, never what the file holds. */
  readonly faults: readonly string[]
}

/**
 * The journal's URL where it is kept in a file (`journal.urlFile`, `JOURNAL_URL_FILE`), as a Secret is mounted. An
 * operator who names a file expects a URL in it, so neither a missing nor an empty one falls back to another journal.
 */
export async function readJournalUrl(
  document: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Promise<JournalUrl> {
  const variable = env['JOURNAL_URL_FILE']
  const section = isRecord(document) && isRecord(document['journal']) ? document['journal'] : {}
  const file = variable || section['urlFile']
  const place = variable ? 'journal.urlFile (from JOURNAL_URL_FILE)' : 'journal.urlFile'
  const faulty = (fault: string) => ({ url: undefined, faults: [`${place}: ${fault}`] })
  // A value of another type is reported by the schema.
  if (typeof file !== 'string' || file === '') return { url: undefined, faults: emptyFaults(env) }
  let text: string | undefined
  try {
    text = (await readBounded(file, MAX_FILE))?.toString('utf8').trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOENT'
        ? 'does not exist; create it (in Kubernetes: the Secret, with the key that is mounted)'
        : `cannot be read (${code})`
    return faulty(`${file} ${reason}`)
  }
  if (text === undefined) return faulty(`${file} is larger than 16KiB; write one URL into it`)
  if (text === '') return faulty(`${file} is empty; write the URL of the journal into it`)
  if (!FORM.test(text))
    return faulty(`${file} does not contain the URL of a journal; write sqlite:PATH or postgres://…`)
  return { url: text, faults: [] }
}

/** An empty variable for a URL is a Secret or a template that was not filled in. */
function emptyFaults(env: Readonly<Record<string, string | undefined>>): string[] {
  return ['JOURNAL_URL', 'JOURNAL_URL_FILE']
    .filter((name) => env[name] === '')
    .map((name) => `journal.${name === 'JOURNAL_URL' ? 'url' : 'urlFile'}: ${name} is empty; set it, or remove it`)
}
