import { readBounded } from '../bounded-file.ts'
import { type ParsedYaml, parseYaml } from './yaml.ts'

/** Room for 500 endpoints with all their URLs; an endless file (a device, say) ends here. */
const MAX_FILE = 16 * 2 ** 20

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
}

/** Reads the configuration file. Faults name the variable and the file. */
export async function readConfigFile(path: string): Promise<ParsedYaml> {
  const none = (fault: string) => ({ document: undefined, faults: [`CONFIG_FILE: ${fault}`] })
  let content: Buffer | undefined
  try {
    content = await readBounded(path, MAX_FILE)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const reason = REASONS[code]
    return none(
      `cannot read ${path} (${code || message}${reason ? `: ${reason}` : ''}); name a YAML file that exists, for example /etc/webhook-error-exporter/config.yaml`,
    )
  }
  if (content === undefined) return none(`${path} is larger than 16MiB; name a YAML file`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return none(`${path} is not UTF-8 text; save it as UTF-8, or name a YAML file`)
  }
  const { document, faults } = await parseYaml(text)
  // Faults of the syntax have no key to be named by.
  if (document === undefined)
    return { document, faults: faults.map((fault) => `CONFIG_FILE: ${path} is not valid YAML: ${fault}`) }
  return { document, faults }
}
