import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ConfigError, loadConfig } from '../src/config/config.ts'
import { removeTempFolders, tempFolder } from './support/temp.ts'

/** Nine of the one before each: 9^30 values. */
const bomb = Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [${Array(9).fill(at ? `*a${at - 1}` : 'x')}]`).join(
  '\n',
)
/** Each holds the one before: flat to look at, 9,000 levels deep. */
const chain = Array.from({ length: 9_000 }, (_, at) => `a${at}: &a${at} [${at ? `*a${at - 1}` : 'x'}]`).join('\n')

describe('loadConfig', () => {
  afterEach(removeTempFolders)

  const file = (content: string | Uint8Array) => {
    const path = join(tempFolder(), 'config.yaml')
    writeFileSync(path, content)
    return { CONFIG_FILE: path }
  }
  const fault = async (env: { CONFIG_FILE: string }): Promise<string> => {
    const error = await loadConfig(env).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(ConfigError)
    return (error as ConfigError).message
  }

  for (const [what, content] of [
    ['a plain file', 'ingest:\n  port: 5\n'],
    ['a byte order mark and Windows line ends', '\ufeffingest:\r\n  port: 5\r\n'],
    ['document markers', '%YAML 1.2\n---\ningest: {port: 5}\n...\n'],
    ['an alias and a merge key', 'ingest: &i {port: 5}\nadmin: {<<: *i, port: 6}\n'],
    ['a value used 200 times', many(200)],
  ] as const) {
    it(`reads ${what}`, async () => {
      expect((await loadConfig(file(content))).ingest.port).to.equal(5)
    })
  }

  for (const content of ['', '# nothing\n', '---\n', 'null', 'ingest:\nadmin:\n']) {
    it(`takes ${JSON.stringify(content)} for the defaults`, async () => {
      expect(await loadConfig(file(content))).to.deep.equal(await loadConfig({}))
    })
  }

  describe('the URL of the journal in a file', () => {
    const written = (content: string) => {
      const path = join(tempFolder(), 'url')
      writeFileSync(path, content)
      return path
    }
    const urlOf = async (env: Record<string, string>) => (await loadConfig(env)).journal.url

    it('wins over the variable that the image sets, and over the configuration file', async () => {
      const JOURNAL_URL_FILE = written('postgres://a:s3cret@db/journal\n')
      expect(await urlOf({ JOURNAL_URL_FILE, JOURNAL_URL: 'sqlite:/data/journal.db' })).to.include('@db/journal')
      const { CONFIG_FILE } = file(`journal: {urlFile: ${written('sqlite:/from/the/file.db')}, url: "sqlite:/x"}`)
      expect(await urlOf({ CONFIG_FILE, JOURNAL_URL: 'sqlite:/data/journal.db' })).to.equal('sqlite:/from/the/file.db')
    })

    for (const [what, env, expected] of [
      [
        'is missing',
        () => ({ JOURNAL_URL_FILE: '/no/url' }),
        /urlFile \(from JOURNAL_URL_FILE\): \/no\/url does not exist/,
      ],
      ['is empty', () => ({ JOURNAL_URL_FILE: written(' \n') }), /url is empty; write the URL of the journal/],
      [
        'holds something else',
        () => ({ JOURNAL_URL_FILE: written('s3cret') }),
        /does not contain the URL of a journal/,
      ],
      ['is malformed', () => ({ JOURNAL_URL_FILE: written('postgres://:s3cret@db/x') }), /journal\.url: names no user/],
      ['is a folder', () => ({ JOURNAL_URL_FILE: tempFolder() }), /cannot be read \(EISDIR\)/],
      ['is endless', () => ({ JOURNAL_URL_FILE: '/dev/zero' }), /larger than 16KiB/],
      ['is named by an empty variable', () => ({ JOURNAL_URL_FILE: '' }), /JOURNAL_URL_FILE is empty/],
      ['is in an empty variable instead', () => ({ JOURNAL_URL: '' }), /journal\.url: JOURNAL_URL is empty; set it/],
    ] as const) {
      it(`is an error, and no other journal is used, if it ${what}`, async () => {
        const error = await loadConfig(env()).catch((thrown: unknown) => thrown)
        expect(error).to.be.instanceOf(ConfigError)
        expect((error as ConfigError).message)
          .to.match(expected)
          .and.not.include('s3cret')
      })
    }
  })

  for (const [what, env, expected] of [
    [
      'a file that is missing',
      () => ({ CONFIG_FILE: '/does/not/exist' }),
      /cannot read \/does\/not\/exist .*no such file/,
    ],
    ['a folder', () => ({ CONFIG_FILE: tempFolder() }), /EISDIR: it is a folder.*name a YAML file/],
    ['a file without an end', () => ({ CONFIG_FILE: '/dev/zero' }), /larger than 16MiB/],
    ['a broken text, with its line', () => file('a: [\nb'), /not valid YAML.*line \d/],
    ['a tab', () => file('ingest:\n\tport: 5\n'), /line 2 is indented with a tab; use spaces/],
    ['a second document', () => file('ingest: {}\n---\nadmin: {}\n'), /line 3 begins a second document|line 2 begins/],
    ['bytes that are no text', () => file(Uint8Array.of(0xff, 0xfe, 0x41, 0)), /is not UTF-8/],
    ['a binary', () => file('\x7fELF\x01\x00'), /line 1 has a control character/],
    [
      'an alias without an anchor',
      () => file('ingest: *base\n'),
      /ingest: the alias \*base in line 1 has no anchor &base/,
    ],
    [
      'a value that contains itself',
      () => file('endpoints: &a [*a]\n'),
      /endpoints\[0\]: the alias \*a .*inside its own anchor/,
    ],
    ['aliases that multiply', () => file(bomb), /aliases expand to more than 1,000,000 values/],
    ['aliases that nest', () => file(chain), /aliases expand|levels deep/],
    ['a short chain of aliases', () => file(chain.split('\n').slice(0, 100).join('\n')), /64 levels deep/],
    ['deep flow nesting', () => file('['.repeat(1 << 20)), /more than 64 levels deep/],
    ['deep block nesting', () => file('- '.repeat(100_000)), /more than 64 levels deep/],
    [
      'deep keys',
      () => file(Array.from({ length: 2_000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')),
      /64 levels deep/,
    ],
    ['a key that is a list', () => file('? [a, b]\n: c\n'), /line 1 has a key that is not a text/],
    ['a merge of a number', () => file('<<: 5\n'), /[Mm]erge/],
    ['a list in place of the sections', () => file('- a\n'), /must be a mapping/],
  ] as const) {
    it(`reports ${what}`, async () => {
      expect(await fault(env())).to.match(expected)
    })
  }

  it('names duplicate keys at every depth, along with the other faults', async () => {
    const found = await fault(
      file(
        'ingest: {port: 1}\nadmin:\n  port: 5\n  "port": 70000\nendpoints:\n- name: a\n  urls: [https://x/]\n  name: b\ningset:\ningest:\n',
      ),
    )
    for (const line of [
      /^ {2}ingest: appears twice \(lines 1, 10\)/m,
      /^ {2}admin\.port: appears twice \(lines 3, 4\)/m,
      /^ {2}endpoints\[0\]\.name: appears twice \(lines 6, 8\)/m,
      /^ {2}ingset: unknown key/m,
      /^ {2}admin\.port: 70000 /m,
    ])
      expect(found).to.match(line)
    expect(found).to.match(/has 5 faults/)
  })

  it('reports aliases without an anchor and tags along with the other faults', async () => {
    const found = await fault(
      file(
        'ingest: *net\nadmin:\n  apiToken: {file: *path}\n  host: !ENV ADMIN_HOST\nmetrics: !!map {seriesLimit: !!int 500}\nendpoints: [{name: invalid, urls: [nope]}]\ningset:\n',
      ),
    )
    for (const line of [
      /^ {2}ingest: the alias \*net in line 1 has no anchor &net/m,
      /^ {2}admin\.apiToken\.file: the alias \*path in line 3 /m,
      /^ {2}line 4 has the tag !ENV, which has no meaning here/m,
      /^ {2}endpoints\[0\]\.name: invalid is reserved/m,
      /^ {2}endpoints\[0\]\.urls\[0\]: nope is no http\(s\) URL/m,
      /^ {2}ingset: unknown key/m,
    ])
      expect(found).to.match(line)
    expect(await fault(file('ingest: {<<: *net}\n'))).to.match(/ingest\."<<": the alias \*net in line 1 has no anchor/)
  })

  it('reports keys that JavaScript gives a meaning as unknown', async () => {
    const found = await fault(file('__proto__: {ingest: {port: 5}}\nconstructor: 1\n5: x\n"\\e[2J": y\n'))
    expect(found)
      .to.match(/__proto__: unknown/)
      .and.match(/constructor: unknown/)
      .and.match(/5: unknown/)
    expect(found).to.include('\\u001b').and.not.include('\u001b')
  })

  it('reports a file that this user may not read', async function () {
    if (process.getuid?.() === 0) this.skip()
    const env = file('')
    chmodSync(env.CONFIG_FILE, 0)
    expect(await fault(env)).to.match(/EACCES: this user may not read it/)
  })
})

function many(count: number): string {
  const endpoints = Array.from(
    { length: count },
    (_, at) => `- {name: e${at}, urls: [https://e${at}.example/], probe: *p}`,
  )
  return `ingest: {port: 5}\nmetrics: {seriesLimit: 100000}\nendpoints:\n- {name: first, urls: [https://x/], probe: &p {interval: 1m}}\n${endpoints.join('\n')}\n`
}
